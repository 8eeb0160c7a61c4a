import type { Claim, ClaimKey } from './claim.ts';
import { newExportId } from './export-id.ts';
import { type ExportMessage, queuedRecord } from './export-message.ts';
import { requestHash } from './export-request.ts';
import { ExportFailure } from './failure.ts';
import { createFindJoinable, type Joining, lookAgainMs, youngMs } from './find-joinable.ts';
import type { ReadRecord } from './read-record.ts';
import type { ExportRecord, Records } from './record.ts';
import type { RequestIndex } from './request-index.ts';
import { keyScope, type Trigger } from './trigger.ts';

/** What a caller asks for, and under which idempotency key. */
export interface Intent extends Joining {
  readonly idempotencyKey: string | undefined;
  /**
   * Of a webhook: SHA-256 (hex) of its body. The same key is then the same intent where the body is the same, and what the first
   * delivery asked for counts, since settings may change between two.
   */
  readonly bodyHash?: string;
}

/**
 * Begins an export, or finds the one that the intent's key began, or that its `max_age_s` or `debounceSeconds` lets it join:
 * claim, message, record, in this order, so that a step whose owner died is made good by a repeat or by the export function.
 * Whatever a webhook is answered, the run of that export begins after the webhook was received first. Fails with
 * `idempotency-mismatch` or `store-failed`.
 */
export type BeginExport = (intent: Intent) => Promise<ExportRecord>;

/** Puts the export's message on the queue, where nobody sees it for so long. */
export type SendMessage = (message: ExportMessage, delaySeconds: number | undefined) => Promise<void>;

interface BeginExportDependencies {
  readonly claimKey: ClaimKey;
  readonly records: Pick<Records, 'create' | 'replace'>;
  readonly readRecord: ReadRecord;
  readonly requestIndex: RequestIndex;
  readonly sendMessage: SendMessage;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

export function createBeginExport(dependencies: BeginExportDependencies): BeginExport {
  const { claimKey, records, readRecord, requestIndex, sendMessage, now, sleep } = dependencies;
  const findJoinable = createFindJoinable({ records, requestIndex, now, sleep });

  async function claimOf(
    { request, delivery, trigger, idempotencyKey, bodyHash }: Intent,
    exportId: string,
  ): Promise<{ claim: Claim; isOurs: boolean }> {
    const claim: Claim = {
      export_id: exportId,
      view_name: request.view_name,
      request_hash: requestHash(request, delivery),
      created_at: new Date(now()).toISOString(),
      ...(bodyHash !== undefined && { body_hash: bodyHash, intent: { request, delivery } }),
    };
    if (idempotencyKey === undefined) return { claim, isOurs: true };
    const held = await claimKey(keyScope(trigger), idempotencyKey, claim);
    if (isSameIntent(held.claim, claim)) return held;
    throw new ExportFailure('idempotency-mismatch', mismatchWords(trigger, held.claim.export_id));
  }

  async function recordOf(claim: Claim): Promise<ExportRecord | undefined> {
    // Another function's clock may be ahead of ours, so no claim stays young for longer than that from now.
    const youngUntilMs = Math.min(Date.parse(claim.created_at), now()) + youngMs;
    for (;;) {
      const existing = await readRecord(claim.view_name, claim.export_id);
      if (existing || now() >= youngUntilMs) return existing?.record;
      await sleep(lookAgainMs);
    }
  }

  /** A repeat may have reserved the index for an export that is never made, since its key has one. */
  async function passReservation({ request, debounceSeconds }: Intent, ownId: string, exportId: string): Promise<void> {
    if (debounceSeconds !== undefined && exportId !== ownId) {
      await requestIndex.passReservation(request, ownId, exportId);
    }
  }

  return async (intent) => {
    const ownId = newExportId(now());
    const joined = await findJoinable(intent, ownId);
    const { claim, isOurs } = await claimOf(intent, joined?.export_id ?? ownId);
    if (joined && joined.export_id === claim.export_id) return joined;
    const existing = isOurs ? undefined : await recordOf(claim);
    if (existing) {
      if (!joined) await passReservation(intent, ownId, existing.export_id);
      return existing;
    }
    const { request, delivery } = claim.intent ?? intent;
    const message: ExportMessage = {
      export_id: claim.export_id,
      request,
      delivery,
      trigger: intent.trigger,
      created_at: claim.created_at,
    };
    await sendMessage(message, intent.debounceSeconds);
    const { record } = await records.create({ ...queuedRecord(message), ...heldBack(claim, intent) });
    if (intent.debounceSeconds === undefined) await requestIndex.remember(record);
    else if (!joined) await passReservation(intent, ownId, record.export_id);
    return record;
  };
}

function isSameIntent(one: Claim, other: Claim): boolean {
  // Claims from before there was one have no hash of a body.
  if (one.body_hash !== undefined && other.body_hash !== undefined) return one.body_hash === other.body_hash;
  return one.request_hash === other.request_hash;
}

function heldBack({ created_at }: Claim, { debounceSeconds }: Intent): { not_before?: string } {
  if (debounceSeconds === undefined) return {};
  return { not_before: new Date(Date.parse(created_at) + debounceSeconds * 1000).toISOString() };
}

function mismatchWords({ kind }: Trigger, exportId: string): string {
  return kind === 'webhook'
    ? `A webhook with this id and another body began export ${exportId}. Each event needs an id of its own, and the same body in every delivery.`
    : `This Idempotency-Key began export ${exportId}, which asks for something else. Use a new key for a new request.`;
}
