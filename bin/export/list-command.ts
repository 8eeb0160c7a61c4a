import type { ListedExport } from '../export-documents.ts';
import type { Context } from './context.ts';
import type { ExportCommand } from './options.ts';
import { bytesWords } from './quantity.ts';
import { tableOf } from './table.ts';

const largestPage = 100;

/** Tells the newest exports of a view. Answers the exit code. */
export async function listCommand(
  { viewName, limit, cursor }: Extract<ExportCommand, { name: 'list' }>,
  { client, narrator, commandLine }: Context,
): Promise<number> {
  const exports: ListedExport[] = [];
  let next = cursor;
  do {
    const page = await client.list(viewName, Math.min(limit - exports.length, largestPage), next);
    exports.push(...page.exports);
    next = page.next_cursor;
  } while (next !== undefined && exports.length < limit);
  const header = ['ID', 'STATUS', 'CREATED', 'BYTES', 'FILE OR FAILURE'];
  narrator.document({ exports, ...(next !== undefined && { next_cursor: next }) });
  if (exports.length > 0) narrator.answer(tableOf([header, ...exports.map(rowOf)]));
  if (exports.length === 0) narrator.say(`${viewName} has no exports${cursor === undefined ? '' : ' before these'}.`);
  if (next !== undefined) narrator.say(`Older ones: ${commandLine('list', viewName, '--cursor', next)}`);
  return 0;
}

function rowOf({ export_id, status, created_at, bytes_so_far, workbook, problem }: ListedExport): readonly string[] {
  const bytes = workbook?.bytes ?? bytes_so_far;
  return [
    export_id,
    status,
    created_at,
    bytes === undefined ? '' : bytesWords(bytes),
    workbook?.file_name ?? problem?.code ?? '',
  ];
}
