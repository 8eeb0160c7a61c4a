import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { BeginExport } from '../../ledger/begin-export.ts';
import { statusOf } from '../../ledger/export.ts';
import { exportIdSchema } from '../../ledger/export-id.ts';
import { viewNameSchema } from '../../ledger/export-request.ts';
import { ExportFailure } from '../../ledger/failure.ts';
import { type Answer, jsonAnswer } from '../answer.ts';
import type { HttpRequest } from '../http-request.ts';
import { type ClaimedSignature, claimedSignature, isSigned, signatureInvalid } from './claimed-signature.ts';
import { payloadFilters } from './payload-filters.ts';
import { askAgainAfterMs, longestAgeMs, type SigningKeys } from './signing-keys.ts';
import type { Webhook, Webhooks } from './webhook.ts';
import { parsePayload, requireJsonOfSize } from './webhook-body.ts';

/**
 * `POST /webhooks/{webhook_name}`: checks a signed delivery and begins the export that the settings name for it, or finds the
 * one that its id began before. 202 with the export's id, before it runs; the answer holds no link, request or caller.
 */
export type ReceiveWebhook = (request: HttpRequest) => Promise<Answer>;

/** No link, request or caller: the sender has proved who it is to the webhook, not to the exports. */
export const webhookAnswerSchema = z.object({
  export_id: exportIdSchema,
  view_name: viewNameSchema,
  status: z.enum(['queued', 'running', 'ready', 'expired', 'failed', 'cancelled', 'deleted']),
});

interface ReceiveWebhookDependencies {
  readonly webhooks: Webhooks;
  readonly signingKeys: SigningKeys;
  readonly beginExport: BeginExport;
  readonly now: () => number;
}

export function createReceiveWebhook(dependencies: ReceiveWebhookDependencies): ReceiveWebhook {
  const { webhooks, signingKeys, beginExport, now } = dependencies;

  async function requireSignature(name: string, webhook: Webhook, claimed: ClaimedSignature): Promise<void> {
    for (const maximumAgeMs of [longestAgeMs, askAgainAfterMs]) {
      if (isSigned(claimed, await signingKeys(name, webhook, maximumAgeMs))) return;
    }
    throw signatureInvalid(
      'No signature matches. Secret, headers and body must be those that were signed; the body is signed byte by byte, as it is sent.',
    );
  }

  return async (request) => {
    const { webhook_name: name = '' } = request.pathParameters;
    const webhook = Object.hasOwn(webhooks, name) ? webhooks[name] : undefined;
    if (!webhook) throw new ExportFailure('webhook-not-found', 'No webhook has this name; the settings declare them.');
    requireJsonOfSize(request);
    const claimed = claimedSignature(webhook.signature, request.headers, request.body, now());
    await requireSignature(name, webhook, claimed);
    const payload = parsePayload(request.body);
    const bodyHash = createHash('sha256').update(request.body).digest('hex');
    const record = await beginExport({
      request: withFilters(webhook, payload),
      delivery: webhook.delivery ?? {},
      trigger: { kind: 'webhook', name },
      idempotencyKey: claimed.id ?? `sha256:${bodyHash}`,
      bodyHash,
      debounceSeconds: webhook.debounce_s,
    });
    const { export_id, view_name } = record;
    const answer: z.infer<typeof webhookAnswerSchema> = { export_id, view_name, status: statusOf(record, now()) };
    return jsonAnswer(202, answer);
  };
}

function withFilters({ export: request, filters_from_payload: pointers }: Webhook, payload: unknown) {
  if (pointers === undefined) return request;
  return { ...request, filters: { ...request.filters, ...payloadFilters(payload, pointers) } };
}
