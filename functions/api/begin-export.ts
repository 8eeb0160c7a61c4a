import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, ClaimKey } from '../ledger/claim.ts';
import { newExportId } from '../ledger/export-id.ts';
import { type ExportMessage, queuedRecord } from '../ledger/export-message.ts';
import { type Delivery, type ExportRequest, requestHash } from '../ledger/export-request.ts';
import { ExportFailure } from '../ledger/failure.ts';
import type { ExportRecord, Records, Trigger } from '../ledger/record.ts';

/** What a caller asks for, and under which idempotency key. */
export interface Intent {
  readonly request: ExportRequest;
  readonly delivery: Delivery;
  readonly trigger: Trigger;
  readonly idempotencyKey: string | undefined;
}

/**
 * Begins an export, or finds the one that the intent's key began: claim, message, record, in this order, so that a step
 * whose owner died is made good by a repeat or by the export function. Fails with `idempotency-mismatch` or `store-failed`.
 */
export type BeginExport = (intent: Intent) => Promise<ExportRecord>;

interface BeginExportDependencies {
  readonly claimKey: ClaimKey;
  readonly records: Records;
  readonly sendMessage: (message: ExportMessage) => Promise<void>;
  readonly now: () => number;
}

// A claim this young without a record is most likely another caller's half-made create.
const youngClaimMs = 3_000;
const lookAgainMs = 250;

export function createBeginExport({ claimKey, records, sendMessage, now }: BeginExportDependencies): BeginExport {
  async function claimOf({
    request,
    delivery,
    trigger,
    idempotencyKey,
  }: Intent): Promise<{ claim: Claim; isOurs: boolean }> {
    const claim: Claim = {
      export_id: newExportId(now()),
      view_name: request.view_name,
      request_hash: requestHash(request, delivery),
      created_at: new Date(now()).toISOString(),
    };
    if (idempotencyKey === undefined) return { claim, isOurs: true };
    const held = await claimKey(trigger.caller ?? trigger.kind, idempotencyKey, claim);
    if (held.claim.request_hash === claim.request_hash) return held;
    throw new ExportFailure(
      'idempotency-mismatch',
      `This Idempotency-Key began export ${held.claim.export_id}, which asks for something else. Use a new key for a new request.`,
    );
  }

  async function recordOf(claim: Claim): Promise<ExportRecord | undefined> {
    for (;;) {
      const existing = await records.read(claim.view_name, claim.export_id);
      if (existing || now() - Date.parse(claim.created_at) >= youngClaimMs) return existing?.record;
      await sleep(lookAgainMs);
    }
  }

  return async (intent) => {
    const { claim, isOurs } = await claimOf(intent);
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
    return record;
  };
}
