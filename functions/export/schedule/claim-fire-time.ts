import type { Claim, ClaimKey } from '../../ledger/claim.ts';
import { newExportId } from '../../ledger/export-id.ts';
import { type ExportMessage, queuedRecord } from '../../ledger/export-message.ts';
import { requestHash } from '../../ledger/export-request.ts';
import { ExportFailure } from '../../ledger/failure.ts';
import { type Problem, problemOf } from '../../ledger/problem.ts';
import type { NoteEnd } from '../../ledger/note-end.ts';
import { isTerminal, type Records } from '../../ledger/record.ts';
import type { RequestIndex } from '../../ledger/request-index.ts';
import { keyScope, type Trigger } from '../../ledger/trigger.ts';
import { resolveRelativeDates } from './relative-dates.ts';
import type { ScheduledMessage } from './scheduled-message.ts';

/**
 * The one export of a schedule's fire time, as the message that begins or takes up any export: the first delivery claims the
 * fire time and says what is exported, every other one finds that. One whose relative dates cannot be resolved is recorded as
 * failed (`request-invalid`). Fails with `store-failed`.
 */
export type ClaimFireTime = (message: ScheduledMessage) => Promise<ExportMessage>;

interface ClaimFireTimeDependencies {
  readonly claimKey: ClaimKey;
  readonly records: Pick<Records, 'create'>;
  readonly requestIndex: Pick<RequestIndex, 'remember'>;
  readonly noteEnd: NoteEnd;
  readonly now: () => number;
}

export function createClaimFireTime(dependencies: ClaimFireTimeDependencies): ClaimFireTime {
  const { claimKey, records, requestIndex, noteEnd, now } = dependencies;

  async function recordFailure(message: ExportMessage, problem: Problem): Promise<void> {
    const finishedAt = new Date(now()).toISOString();
    const failed = { ...queuedRecord(message), status: 'failed' as const, finished_at: finishedAt, problem };
    const { isOurs, record } = await records.create(failed);
    // No run will tell of it.
    if (isOurs && isTerminal(record)) noteEnd(record);
  }

  return async (scheduled) => {
    // However the moment was written, it is one.
    const fireTime = new Date(scheduled.fire_time).toISOString();
    const trigger: Trigger = { kind: 'schedule', name: scheduled.schedule, fire_time: fireTime };
    const ours = await intentOf(scheduled);
    const { claim, isOurs } = await claimKey(keyScope(trigger), fireTime, {
      export_id: newExportId(now()),
      view_name: ours.request.view_name,
      request_hash: requestHash(ours.request, ours.delivery),
      // Not the fire time: windows and retries may lie between, and what is queued is kept for so long from now.
      created_at: new Date(now()).toISOString(),
      intent: ours,
    });
    const { request, delivery, problem } = claim.intent ?? ours;
    const message: ExportMessage = {
      export_id: claim.export_id,
      request,
      delivery,
      trigger,
      created_at: claim.created_at,
    };
    if (isOurs) await requestIndex.remember(message);
    // Whoever made the claim may have died before it wrote this.
    if (problem) await recordFailure(message, problem);
    return message;
  };
}

/** The request with its dates, or as it came with the reason why it cannot have them. */
async function intentOf(scheduled: ScheduledMessage): Promise<NonNullable<Claim['intent']>> {
  const { request, delivery } = scheduled;
  try {
    if (request.filters === undefined) return { request, delivery };
    const filters = await resolveRelativeDates(request.filters, scheduled);
    return { request: { ...request, filters }, delivery };
  } catch (error) {
    if (error instanceof ExportFailure) return { request, delivery, problem: problemOf(error) };
    throw error;
  }
}
