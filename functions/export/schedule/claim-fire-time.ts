import type { Claim, ClaimKey } from '../../ledger/claim.ts';
import { newExportId } from '../../ledger/export-id.ts';
import { type ExportMessage, queuedRecord } from '../../ledger/export-message.ts';
import { requestHash } from '../../ledger/export-request.ts';
import { ExportFailure, problemOf } from '../../ledger/failure.ts';
import type { Records } from '../../ledger/record.ts';
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
  readonly now: () => number;
}

export function createClaimFireTime(dependencies: ClaimFireTimeDependencies): ClaimFireTime {
  const { claimKey, records, requestIndex, now } = dependencies;

  async function recordFailure(message: ExportMessage, failure: ExportFailure): Promise<void> {
    const finishedAt = new Date(now()).toISOString();
    const problem = problemOf(failure);
    await records.create({ ...queuedRecord(message), status: 'failed', finished_at: finishedAt, problem });
  }

  return async (scheduled) => {
    // However the moment was written, it is one.
    const fireTime = new Date(scheduled.fire_time).toISOString();
    const trigger: Trigger = { kind: 'schedule', name: scheduled.schedule, fire_time: fireTime };
    const { request, failure } = await resolvedRequest(scheduled);
    const { delivery } = scheduled;
    const ours: Claim = {
      export_id: newExportId(now()),
      view_name: request.view_name,
      request_hash: requestHash(request, delivery),
      // Not the fire time: windows and retries may lie between, and what is queued is kept for so long from now.
      created_at: new Date(now()).toISOString(),
      ...(!failure && { intent: { request, delivery } }),
    };
    const { claim, isOurs } = await claimKey(keyScope(trigger), fireTime, ours);
    const message: ExportMessage = {
      export_id: claim.export_id,
      ...(claim.intent ?? { request, delivery }),
      trigger,
      created_at: claim.created_at,
    };
    if (isOurs) await requestIndex.remember(message);
    if (failure && !claim.intent) await recordFailure(message, failure);
    return message;
  };
}

/** The request with its dates, or as it came with the reason why it cannot have them. */
async function resolvedRequest(scheduled: ScheduledMessage) {
  const { request } = scheduled;
  try {
    if (request.filters === undefined) return { request };
    return { request: { ...request, filters: await resolveRelativeDates(request.filters, scheduled) } };
  } catch (error) {
    if (error instanceof ExportFailure) return { request, failure: error };
    throw error;
  }
}
