import { ExportFailure } from './failure.ts';
import { problemOf } from './problem.ts';
import type { LiveRecord, NewRecord, ReadyRecord } from './record.ts';

/** What a record becomes when a reader or a caller changes it (DESIGN.md, "The ledger"). */
export function cancelled(record: LiveRecord, nowMs: number): NewRecord {
  return { ...enduringFields(record), status: 'cancelled', finished_at: new Date(nowMs).toISOString() };
}

export function deleted(record: ReadyRecord, nowMs: number): NewRecord {
  return { ...record, status: 'deleted', deleted_at: new Date(nowMs).toISOString() };
}

/** For an export whose message is no more, so that nothing will ever end it. */
export function abandoned(record: LiveRecord, nowMs: number): NewRecord {
  const failure = new ExportFailure(
    'export-abandoned',
    `The export was still ${record.status} when its message was no longer kept. Ask again with a new request.`,
  );
  return {
    ...enduringFields(record),
    status: 'failed',
    finished_at: new Date(nowMs).toISOString(),
    problem: problemOf(failure),
  };
}

function enduringFields(record: LiveRecord) {
  const { export_id, view_name, attempts, trigger, request, delivery, created_at } = record;
  return { export_id, view_name, attempts, trigger, request, delivery, created_at };
}
