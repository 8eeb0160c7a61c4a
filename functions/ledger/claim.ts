import * as z from 'zod';
import type { Documents } from './documents.ts';
import { exportIdSchema } from './export-id.ts';
import { deliverySchema, exportRequestSchema } from './export-request.ts';
import { problemSchema } from './problem.ts';
import { claimKey } from './keys.ts';

const claimSchema = z.object({
  export_id: exportIdSchema,
  view_name: z.string(),
  request_hash: z.string(),
  created_at: z.iso.datetime(),
  /** Of a webhook: SHA-256 (hex) of its first delivery's body. */
  body_hash: z.string().optional(),
  /**
   * Of a webhook and of a schedule's fire time: what the first delivery asked for. Later ones ask for the same, whatever the
   * settings say by then.
   */
  intent: z
    .object({
      request: exportRequestSchema,
      delivery: deliverySchema,
      /** Why it can only fail. */
      problem: problemSchema.optional(),
    })
    .optional(),
});

/** The S3 object that ties an idempotency key to an export. */
export type Claim = z.infer<typeof claimSchema>;

/** The claim that now holds the key: the given one, or the one that held it before (`isOurs` tells). Fails with `store-failed`. */
export type ClaimKey = (
  scope: string,
  idempotencyKey: string,
  claim: Claim,
) => Promise<{ claim: Claim; isOurs: boolean }>;

export function createClaimKey(documents: Pick<Documents, 'read' | 'create'>): ClaimKey {
  return async (scope, idempotencyKey, claim) => {
    const key = claimKey(scope, idempotencyKey);
    if ((await documents.create(key, claim)) !== undefined) return { claim, isOurs: true };
    const existing = await documents.read(key);
    if (existing === undefined) throw new Error('a claim vanished between two calls');
    const found = claimSchema.parse(existing.value);
    return { claim: found, isOurs: found.export_id === claim.export_id };
  };
}
