import { exportWithoutLink } from '../ledger/export.ts';
import type { ExportList } from '../ledger/export-list.ts';
import { type Answer, exportDocument, jsonAnswer } from './answer.ts';
import type { HttpRequest } from './http-request.ts';
import { parseParameters } from './invalid-request.ts';
import { encodeCursor, listPathSchema, listQuerySchema } from './parameters.ts';

/** `GET /exports/{view_name}`: a page of the view's exports, newest first, each without a link. */
export type ListExports = (request: HttpRequest) => Promise<Answer>;

interface ListExportsDependencies {
  readonly exportList: Pick<ExportList, 'page'>;
  readonly now: () => number;
}

export function createListExports({ exportList, now }: ListExportsDependencies): ListExports {
  return async (request) => {
    const { view_name } = parseParameters(listPathSchema, 'path', request.pathParameters);
    const { limit, cursor } = parseParameters(listQuerySchema, 'query', request.query);
    const { records, next } = await exportList.page(view_name, cursor, limit);
    const nowMs = now();
    return jsonAnswer(200, {
      exports: records.map((record) => exportDocument(exportWithoutLink(record, nowMs))),
      ...(next !== undefined && { next_cursor: encodeCursor(next) }),
    });
  };
}
