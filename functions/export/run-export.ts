import { randomUUID } from 'node:crypto';
import type { ExportMessage } from '../ledger/export-message.ts';
import { ExportFailure } from '../ledger/failure.ts';
import { type Problem, problemOf } from '../ledger/problem.ts';
import { workbookKey } from '../ledger/keys.ts';
import { createNoteEnd } from '../ledger/note-end.ts';
import type { Observer } from '../ledger/observer.ts';
import {
  isTerminal,
  type NewRecord,
  type Records,
  type RunningRecord,
  type TerminalRecord,
  type VersionedRecord,
} from '../ledger/record.ts';
import type { Attempt } from './attempt.ts';
import { type Deadline, deadlineIn } from './deadline.ts';
import { failedRecord, readyRecord, runningRecord } from './next-record.ts';
import { type HoldLease, ownVersion } from './held-lease.ts';
import type { Store } from './store/store.ts';

/** What asks for a run. */
export interface RunCause {
  readonly message: ExportMessage;
  /** When the invocation ends, by this machine's clock. */
  readonly endsAtMs: number;
  /** Hides the message for so many seconds more; a direct invocation has none. */
  readonly hideMessage?: (seconds: number) => Promise<void>;
}

/** How a run ended: with a terminal record, or because somebody else's lease lives for so long. */
export type RunOutcome = { readonly record: TerminalRecord } | { readonly retryAfterMs: number };

/**
 * Takes the lease of an export, makes one attempt and publishes what came of it (DESIGN.md, "The ledger"). Called again for
 * the same message it does no harm. Throws only where the record could not be read or written (`store-failed`).
 */
export type RunExport = (cause: RunCause) => Promise<RunOutcome>;

interface RunExportDependencies {
  readonly records: Records;
  readonly attempt: Attempt;
  readonly holdLease: HoldLease;
  readonly store: Pick<Store, 'remove'>;
  readonly workbookDays: number;
  readonly leaseSeconds: number;
  readonly now: () => number;
  /** S3's clock. */
  readonly storeNow: () => number;
  readonly observer: Observer;
}

const maximumAttempts = 3;
/** Kept free at the end of an invocation, to write the record after the deadline has ended the attempt. */
export const closingMs = 10_000;

export function createRunExport(dependencies: RunExportDependencies): RunExport {
  const { records, attempt, holdLease, store, workbookDays, leaseSeconds, now, storeNow, observer } = dependencies;
  const noteEnd = createNoteEnd(observer);

  /** The lease where it is now ours, or what stands in its way. */
  async function takeLease({ message, hideMessage }: RunCause): Promise<VersionedRecord<RunningRecord> | RunOutcome> {
    for (;;) {
      const current = await records.read(message.request.view_name, message.export_id);
      const record = current?.record;
      if (record && isTerminal(record)) return { record };
      const leftMs = record?.status === 'running' ? Date.parse(record.lease.until) - storeNow() : 0;
      if (leftMs > 0) return { retryAfterMs: leftMs };
      if (current && record && record.attempts >= maximumAttempts) {
        const ended = await records.replace(current, failedRecord(record, abandoned, now()));
        if (ended.isOurs && isTerminal(ended.record)) noteEnd(ended.record);
        continue;
      }
      // Hidden first: a message that came back before its lease ended would only be sent away again.
      await hideMessage?.(leaseSeconds);
      const owner = randomUUID();
      const next = runningRecord(message, (record?.attempts ?? 0) + 1, now(), {
        owner,
        until: new Date(storeNow() + leaseSeconds * 1000).toISOString(),
      });
      const written = current ? await records.replace(current, next) : await records.create(next);
      const taken = ownVersion(written, owner);
      if (taken) {
        noteRun(observer, taken.record, hideMessage !== undefined);
        return taken;
      }
    }
  }

  async function outcomeOf(
    record: RunningRecord,
    deadline: Deadline,
    tellBytes: (bytes: number) => void,
  ): Promise<NewRecord<TerminalRecord>> {
    const key = workbookKey(record.view_name, record.export_id, record.attempts);
    try {
      return readyRecord(record, key, await attempt(record.request, key, deadline, tellBytes), now(), workbookDays);
    } catch (error) {
      noteFailure(observer, record, error);
      return failedRecord(record, problemOf(error), now());
    }
  }

  /** The write of the terminal record is the publication. `undefined` where it was another that ended or took over the export. */
  async function publish(
    held: VersionedRecord<RunningRecord>,
    outcome: NewRecord<TerminalRecord>,
  ): Promise<TerminalRecord | undefined> {
    const written = await records.replace(held, outcome);
    if (written.isOurs && isTerminal(written.record)) {
      noteEnd(written.record);
      return written.record;
    }
    // A heartbeat whose answer was lost stands between, which was ours too.
    const own = ownVersion(written, held.record.lease.owner);
    return own && publish(own, outcome);
  }

  /** Who has lost deletes what nobody will ever name; a record that cannot be read back leaves everything as it is. */
  async function afterLoss(record: RunningRecord): Promise<TerminalRecord | undefined> {
    const { view_name, export_id, attempts } = record;
    const current = await records.read(view_name, export_id);
    if (current === undefined) throw new Error(`record of ${export_id} vanished between two calls`);
    const key = workbookKey(view_name, export_id, attempts);
    const isNamed = current.record.status === 'ready' && current.record.workbook.key === key;
    if (!isNamed) await store.remove(key);
    return isTerminal(current.record) ? current.record : undefined;
  }

  return async (cause) => {
    for (;;) {
      const taken = await takeLease(cause);
      if (!('etag' in taken)) return taken;
      let bytesSoFar = 0;
      const lease = holdLease(taken, { bytesSoFar: () => bytesSoFar, hideMessage: cause.hideMessage });
      const deadline = withLoss(deadlineIn(cause.endsAtMs - closingMs - now(), now), lease.lost);
      const outcome = await outcomeOf(taken.record, deadline, (bytes) => {
        bytesSoFar = bytes;
      });
      const held = await lease.release();
      const record = (held && (await publish(held, outcome))) ?? (await afterLoss(taken.record));
      if (record) return { record };
    }
  };
}

function noteRun({ tell, measure }: Observer, record: RunningRecord, isQueued: boolean): void {
  const { export_id, view_name, trigger, attempts, created_at, started_at } = record;
  const about = { export_id, view_name };
  tell('run began', { ...about, trigger: trigger.kind, trigger_name: trigger.name, attempts });
  // A takeover has waited for a dead run's lease, not in the queue; and the two moments are of two machines' clocks.
  if (isQueued && attempts === 1) {
    measure('QueueAge', Math.max(0, Date.parse(started_at) - Date.parse(created_at)), {}, about);
  }
}

function noteFailure({ tell, measure, reportDefect }: Observer, record: RunningRecord, error: unknown): void {
  const { export_id, view_name } = record;
  if (!(error instanceof ExportFailure)) reportDefect(export_id, error);
  else if (error.code === 'workbook-unsound') {
    const outcome = error.facts.proofReason ?? 'zip-structure';
    measure('ProofFailures', 1, { outcome }, { export_id, view_name });
    tell('proof failed', { export_id, view_name, outcome });
  }
}

/** A run that has lost its lease has nothing more to do: it ends as if its time were over. */
function withLoss({ signal, endsAtMs }: Deadline, lost: AbortSignal): Deadline {
  return { signal: AbortSignal.any([signal, lost]), endsAtMs };
}

const abandoned: Problem = problemOf(
  new ExportFailure(
    'export-abandoned',
    `${maximumAttempts} attempts ended without a word. Ask again; if it goes on, the export is too slow for the function's time limit.`,
  ),
);
