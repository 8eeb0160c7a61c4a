import type { FailedRecord, ReadyRecord, WorkbookFacts } from '../../ledger/record.ts';
import type { FailedDetail, ReadyDetail } from './event-schema.ts';

/** What rules match by: `source` in their pattern. The export function may send no other. */
export const eventSource = 'knosc-export-proxy';

/** What goes on the bus: never a link, a row, a column or a filter's value. */
export type ExportEvent =
  | { readonly detailType: 'Export Ready'; readonly detail: ReadyDetail }
  | {
      readonly detailType: 'Export Failed';
      readonly detail: FailedDetail;
    };

/** More sheets than this are counted and not listed, so that an event stays some 40 KB at most; EventBridge takes 256. */
export const mostSheets = 50;
const longestSheetName = 100;

/** The event of an export that has ended so; the same for the same record, however often it is asked for. */
export function eventOf(record: ReadyRecord | FailedRecord): ExportEvent {
  if (record.status === 'failed') {
    const { code, title } = record.problem;
    return { detailType: 'Export Failed', detail: { ...commonFields(record), problem: { code, title } } };
  }
  const { started_at, expires_at } = record;
  const detail = { ...commonFields(record), started_at, expires_at, workbook: workbookFacts(record.workbook) };
  return { detailType: 'Export Ready', detail };
}

function commonFields(record: ReadyRecord | FailedRecord) {
  const { export_id, view_name, attempts, created_at, finished_at } = record;
  const { kind, name } = record.trigger;
  // The caller stays out: it is an account's internal id, and who may read the bus need not know it.
  const trigger = { kind, ...(name !== undefined && { name }) };
  return { export_id, view_name, trigger, attempts, created_at, finished_at };
}

function workbookFacts({ file_name, bytes, sha256, content_hash, coverage, sheets }: WorkbookFacts) {
  return {
    file_name,
    bytes,
    sha256,
    content_hash,
    coverage,
    rows: sheets.reduce((sum, sheet) => sum + sheet.rows, 0),
    sheet_count: sheets.length,
    sheets: sheets.slice(0, mostSheets).map(({ name, rows }) => ({ name: cut(name), rows })),
  };
}

function cut(name: string): string {
  const characters = Array.from(name);
  return characters.length > longestSheetName ? `${characters.slice(0, longestSheetName).join('')}…` : name;
}
