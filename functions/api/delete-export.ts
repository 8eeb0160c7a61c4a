import type { EndExport } from '../ledger/end-export.ts';
import { exportWithoutLink } from '../ledger/export.ts';
import { exportIdSchema } from '../ledger/export-id.ts';
import { viewNameSchema } from '../ledger/export-request.ts';
import { type Answer, exportDocument, jsonAnswer } from './answer.ts';
import { notFound } from './get-export.ts';
import type { HttpRequest } from './http-request.ts';

/** `DELETE` of an export: cancels it, or deletes its workbook. 200 with the export as it is then, however often it is asked. */
export type DeleteExport = (request: HttpRequest) => Promise<Answer>;

interface DeleteExportDependencies {
  readonly endExport: EndExport;
  readonly now: () => number;
}

export function createDeleteExport({ endExport, now }: DeleteExportDependencies): DeleteExport {
  return async ({ pathParameters }) => {
    const viewName = viewNameSchema.safeParse(pathParameters['view_name']).data;
    const exportId = exportIdSchema.safeParse(pathParameters['export_id']).data;
    const record = viewName && exportId && (await endExport(viewName, exportId));
    if (!record) throw notFound();
    return jsonAnswer(200, exportDocument(exportWithoutLink(record, now())));
  };
}
