import { randomUUID } from 'node:crypto';
import type { ExportMessage } from '../ledger/export-message.ts';
import { ExportFailure, type Problem, problemOf } from '../ledger/failure.ts';
import { workbookKey } from '../ledger/keys.ts';
import {
  type ExportRecord,
  isTerminal,
  type NewRecord,
  type ReadyRecord,
  type Records,
  type RunningRecord,
  type VersionedRecord,
} from '../ledger/record.ts';
import type { Attempt, AttemptResult } from './attempt.ts';
import type { Store } from './store/store.ts';

/** How a run ended: with a terminal record, or because somebody else's lease lives until `retryAtMs`. */
export type RunOutcome = { readonly record: ExportRecord } | { readonly retryAtMs: number };

/**
 * Takes the lease of an export, makes one attempt and publishes what came of it (DESIGN.md, "The ledger"). Called again for
 * the same message it does no harm. Throws only where the record could not be read or written (`store-failed`).
 */
export type RunExport = (message: ExportMessage, remainingMs: number) => Promise<RunOutcome>;

interface RunExportDependencies {
  readonly records: Records;
  readonly attempt: Attempt;
  readonly store: Store;
  readonly workbookDays: number;
  readonly now: () => number;
  /** Told of what is not an `ExportFailure`. */
  readonly reportDefect: (exportId: string, error: unknown) => void;
}

const maximumAttempts = 3;
/** Kept free at the end of an invocation, to write the record after the deadline has ended the attempt. */
const closingMs = 10_000;
const dayMs = 86_400_000;

export function createRunExport(dependencies: RunExportDependencies): RunExport {
  const { records, attempt, store, workbookDays, now, reportDefect } = dependencies;

  async function makeAttempt(taken: VersionedRecord<RunningRecord>, deadline: AbortSignal): Promise<NewRecord> {
    const { record } = taken;
    const key = workbookKey(record.view_name, record.export_id, record.attempts);
    try {
      return readyRecord(record, key, await attempt(record.request, key, deadline), now(), workbookDays);
    } catch (error) {
      if (!(error instanceof ExportFailure)) reportDefect(record.export_id, error);
      return failedRecord(record, problemOf(error), now());
    }
  }

  // The write of the terminal record is the publication. Who loses it deletes what nobody will ever name.
  async function publish(taken: VersionedRecord<RunningRecord>, outcome: NewRecord): Promise<ExportRecord | undefined> {
    const written = await records.replace(taken, outcome);
    if (written.isOurs) return written.record;
    if (outcome.status === 'ready') await store.remove(outcome.workbook.key);
    return isTerminal(written.record) ? written.record : undefined;
  }

  return async (message, remainingMs) => {
    const leaseEndMs = now() + remainingMs;
    for (;;) {
      const current = await records.read(message.request.view_name, message.export_id);
      if (current && isTerminal(current.record)) return { record: current.record };
      if (current?.record.status === 'running') {
        const liveUntilMs = Date.parse(current.record.lease.until);
        if (liveUntilMs > now()) return { retryAtMs: liveUntilMs };
      }
      if (current && current.record.attempts >= maximumAttempts) {
        const written = await records.replace(current, failedRecord(current.record, abandoned, now()));
        if (written.isOurs) return { record: written.record };
        continue;
      }
      const next = runningRecord(message, (current?.record.attempts ?? 0) + 1, leaseEndMs, now());
      const taken = current ? await records.replace(current, next) : await records.create(next);
      if (!taken.isOurs || taken.record.status !== 'running') continue;
      const deadline = AbortSignal.timeout(Math.max(0, leaseEndMs - closingMs - now()));
      const run = { etag: taken.etag, record: taken.record };
      const record = await publish(run, await makeAttempt(run, deadline));
      if (record) return { record };
    }
  };
}

const abandoned: Problem = problemOf(
  new ExportFailure(
    'export-abandoned',
    `${maximumAttempts} attempts ended without a word. Ask again; if it goes on, the export is too slow for the function's time limit.`,
  ),
);

function runningRecord(
  message: ExportMessage,
  attempts: number,
  leaseEndMs: number,
  nowMs: number,
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
    lease: { owner: randomUUID(), until: new Date(leaseEndMs).toISOString() },
  };
}

function failedRecord(record: ExportRecord, problem: Problem, nowMs: number): NewRecord {
  return { ...enduringFields(record), status: 'failed', finished_at: new Date(nowMs).toISOString(), problem };
}

function readyRecord(
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
    finished_at: new Date(nowMs).toISOString(),
    expires_at: new Date(nowMs + workbookDays * dayMs).toISOString(),
    workbook: { key, file_name: fileNameOf(record), bytes: result.bytes, sha256: result.sha256 },
    timings_ms: {
      queue: startedMs - Date.parse(record.created_at),
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
