import type { ExportMessage } from '../ledger/export-message.ts';
import type { Problem } from '../ledger/problem.ts';
import type {
  ExportRecord,
  FailedRecord,
  LiveRecord,
  NewRecord,
  ReadyRecord,
  RunningRecord,
} from '../ledger/record.ts';
import type { AttemptResult } from './attempt.ts';
import { coverageOf } from './coverage.ts';

const dayMs = 86_400_000;

/** The record of an export whose run begins. */
export function runningRecord(
  message: ExportMessage,
  attempts: number,
  nowMs: number,
  lease: RunningRecord['lease'],
): NewRecord<RunningRecord> {
  return {
    export_id: message.export_id,
    view_name: message.request.view_name,
    status: 'running',
    attempts,
    trigger: message.trigger,
    request: message.request,
    delivery: message.delivery,
    created_at: message.created_at,
    started_at: new Date(nowMs).toISOString(),
    lease,
    bytes_so_far: 0,
  };
}

/** The record of an export that has failed. */
export function failedRecord(record: LiveRecord, problem: Problem, nowMs: number): NewRecord<FailedRecord> {
  return { ...enduringFields(record), status: 'failed', finished_at: new Date(nowMs).toISOString(), problem };
}

/** The record of an export whose workbook lies, proven, under this key. */
export function readyRecord(
  record: RunningRecord,
  key: string,
  result: AttemptResult,
  nowMs: number,
  workbookDays: number,
): NewRecord<ReadyRecord> {
  const startedMs = Date.parse(record.started_at);
  return {
    ...enduringFields(record),
    status: 'ready',
    started_at: record.started_at,
    finished_at: new Date(nowMs).toISOString(),
    expires_at: new Date(nowMs + workbookDays * dayMs).toISOString(),
    workbook: {
      key,
      file_name: fileNameOf(record),
      bytes: result.bytes,
      sha256: result.sha256,
      content_hash: result.contentHash,
      coverage: coverageOf(record.request, result.sheets),
      sheets: result.sheets.map(({ columns, ...sheet }) => ({ ...sheet, ...(columns && { columns: [...columns] }) })),
    },
    timings_ms: {
      // The two moments are of two machines' clocks.
      queue: Math.max(0, startedMs - Date.parse(record.created_at)),
      login: result.loginMs,
      origin_first_byte: result.firstByteMs,
      transfer: result.transferMs,
      total: nowMs - startedMs,
    },
  };
}

function enduringFields(record: ExportRecord) {
  const { export_id, view_name, attempts, trigger, request, delivery, created_at } = record;
  return { export_id, view_name, attempts, trigger, request, delivery, created_at };
}

function fileNameOf({ view_name, created_at, delivery }: ExportRecord): string {
  const moment = created_at.replaceAll(/[-:]|\.\d+/g, '');
  const name = delivery.file_name ?? `${view_name}-${moment}`;
  return /\.xlsx$/i.test(name) ? name : `${name}.xlsx`;
}
