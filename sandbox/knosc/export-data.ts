import type { ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import type { Account } from './accounts.ts';
import { refused } from './knosc-error.ts';
import { buildQuery } from './query.ts';
import type { Play } from './plays.ts';
import { mayView } from './roles.ts';
import { sendAndCut, spoil } from './spoiled-workbook.ts';
import { views } from './views/all.ts';
import { type Row, workbookOf } from './workbook.ts';

/** The body of `POST /api/export-data`. All but its being an object is refused with the export's own codes. */
export const exportBody = z.object({
  view_name: z.unknown().optional(),
  filters: z.unknown().optional(),
  sort: z.unknown().optional(),
  index: z.unknown().optional(),
});

type ExportBody = z.infer<typeof exportBody>;

export interface ExportCall {
  readonly account: Account;
  readonly body: ExportBody;
  readonly response: ServerResponse;
  readonly play: Play | undefined;
  /** Told of each row that is read. */
  readonly rowRead: () => void;
}

/** Streams the workbook that the body asks for. Throws `KnoscError` before the first byte only. */
export type ExportData = (call: ExportCall) => Promise<void>;

const spreadsheetMediaType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** How Node says that the other side went away. */
const hangUpCodes: readonly unknown[] = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'];

export function createExportData(database: DatabaseSync): ExportData {
  function* read(sql: string, values: readonly (string | number)[], rowRead: () => void): Generator<Row> {
    for (const row of database.prepare(sql).iterate(...values)) {
      rowRead();
      yield row;
    }
  }

  return async ({ account, body, response, play, rowRead }) => {
    const view = typeof body.view_name === 'string' ? views.get(body.view_name) : undefined;
    if (!view) throw refused(400, 'ExcelExportWithoutExtra', 'Export is not available for this view.');
    if (!mayView(account.role, view.privilege))
      throw refused(403, 'User.NotPrivileged', 'Not Privileged for this action');
    const { sql, values } = buildQuery(view, body, account.role['Granular Privileges']);
    const { headers, body: workbook, isCut } = await spoil(play, workbookOf(view, read(sql, values, rowRead)));
    response.writeHead(200, {
      'content-type': spreadsheetMediaType,
      'content-disposition': 'attachment; filename="export.xlsx"',
      ...headers,
    });
    if (isCut) return sendAndCut(workbook, response);
    await pipeline(workbook, response).catch((error: unknown) => {
      // A client that goes away ends the query with it, which is no defect.
      if (!(error instanceof Error && 'code' in error && hangUpCodes.includes(error.code))) throw error;
    });
  };
}
