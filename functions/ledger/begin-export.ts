import type { Claim, ClaimKey } from './claim.ts';
import { statusOf } from './export.ts';
import { newExportId } from './export-id.ts';
import { type ExportMessage, queuedRecord } from './export-message.ts';
import { type Delivery, type ExportRequest, requestHash } from './export-request.ts';
import { ExportFailure } from './failure.ts';
import type { ReadRecord } from './read-record.ts';
import type { ExportRecord, Records } from './record.ts';
import type { RequestIndex } from './request-index.ts';
import { keyScope, type Trigger } from './trigger.ts';

/** What a caller asks for, and under which idempotency key. */
export interface Intent {
  readonly request: ExportRequest;
  readonly delivery: Delivery;
  readonly trigger: Trigger;
  readonly idempotencyKey: string | undefined;
}

/**
 * Begins an export, or finds the one that the intent's key began or that is young enough for its `max_age_s`: claim, message,
 * record, in this order, so that a step whose owner died is made good by a repeat or by the export function. Fails with
 * `idempotency-mismatch` or `store-failed`.
 */
export type BeginExport = (intent: Intent) => Promise<ExportRecord>;

interface BeginExportDependencies {
  readonly claimKey: ClaimKey;
  readonly records: Pick<Records, 'create'>;
  readonly readRecord: ReadRecord;
  readonly requestIndex: RequestIndex;
  /** Puts the export's message on the queue. */
  readonly sendMessage: (message: ExportMessage) => Promise<void>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

// A claim this young without a record is most likely another caller's half-made create.
const youngClaimMs = 3_000;
const lookAgainMs = 250;

export function createBeginExport(dependencies: BeginExportDependencies): BeginExport {
  const { claimKey, records, readRecord, requestIndex, sendMessage, now, sleep } = dependencies;

  async function findYoung({ request, delivery, trigger }: Intent): Promise<ExportRecord | undefined> {
    if (delivery.max_age_s === undefined) return undefined;
    const newest = await requestIndex.newest(request);
    return newest && isYoung(newest, delivery.max_age_s, trigger, now()) ? newest : undefined;
  }

  async function claimOf(
    { request, delivery, trigger, idempotencyKey }: Intent,
    exportId: string,
  ): Promise<{ claim: Claim; isOurs: boolean }> {
    const claim: Claim = {
      export_id: exportId,
      view_name: request.view_name,
      request_hash: requestHash(request, delivery),
      created_at: new Date(now()).toISOString(),
    };
    if (idempotencyKey === undefined) return { claim, isOurs: true };
    const held = await claimKey(keyScope(trigger), idempotencyKey, claim);
    if (held.claim.request_hash === claim.request_hash) return held;
    throw new ExportFailure(
      'idempotency-mismatch',
      `This Idempotency-Key began export ${held.claim.export_id}, which asks for something else. Use a new key for a new request.`,
    );
  }

  async function recordOf(claim: Claim): Promise<ExportRecord | undefined> {
    // Another function's clock may be ahead of ours, so no claim stays young for longer than that from now.
    const youngUntilMs = Math.min(Date.parse(claim.created_at), now()) + youngClaimMs;
    for (;;) {
      const existing = await readRecord(claim.view_name, claim.export_id);
      if (existing || now() >= youngUntilMs) return existing?.record;
      await sleep(lookAgainMs);
    }
  }

  return async (intent) => {
    const young = await findYoung(intent);
    const { claim, isOurs } = await claimOf(intent, young?.export_id ?? newExportId(now()));
    if (young && young.export_id === claim.export_id) return young;
    const existing = isOurs ? undefined : await recordOf(claim);
    if (existing) return existing;
    const message: ExportMessage = {
      export_id: claim.export_id,
      request: intent.request,
      delivery: intent.delivery,
      trigger: intent.trigger,
      created_at: claim.created_at,
    };
    await sendMessage(message);
    const { record } = await records.create(queuedRecord(message));
    await requestIndex.remember(record);
    return record;
  };
}

/** What a webhook tells of may be younger than a run that has already begun. */
function isYoung(record: ExportRecord, maxAgeSeconds: number, trigger: Trigger, nowMs: number): boolean {
  const isInTime = (startedAt: string) => nowMs - Date.parse(startedAt) <= maxAgeSeconds * 1000;
  switch (record.status) {
    case 'queued':
      return true;
    case 'running':
      return trigger.kind !== 'webhook' && isInTime(record.started_at);
    case 'ready':
      return statusOf(record, nowMs) === 'ready' && isInTime(record.started_at);
    case 'failed':
    case 'cancelled':
    case 'deleted':
      return false;
  }
}
