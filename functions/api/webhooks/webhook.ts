import * as z from 'zod';
import { deliverySchema, exportRequestSchema } from '../../ledger/export-request.ts';

/** Names of webhooks and schedules: they stand in paths, claims and names of AWS resources. */
export const triggerNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,47}$/, 'must be a name: 1 to 48 of a-z, 0-9, _ and -, such as po-changed');

const headerNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'must be the name of a header, such as x-hub-signature-256')
  .toLowerCase();

/**
 * How a sender signs. `standard_webhooks` is the specification of that name. `hmac` covers the other forms of a keyed hash over the
 * body: the header is a list of elements separated by commas; those that begin with `prefix` are signatures.
 */
const signatureSchema = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('standard_webhooks') }),
  z.strictObject({
    scheme: z.literal('hmac'),
    header: headerNameSchema.describe('The header with the signature, such as x-hub-signature-256.'),
    algorithm: z.enum(['sha256', 'sha512']).default('sha256'),
    encoding: z.enum(['hex', 'base64']).default('hex'),
    prefix: z.string().max(20).describe('What stands before each signature, such as sha256= or v1=.').default(''),
    timestamp: z
      .strictObject({
        header: headerNameSchema
          .describe("Where the timestamp stands; the signature's own header if left out.")
          .optional(),
        prefix: z.string().max(20).describe('What stands before it, such as t=.').default(''),
      })
      .describe('The moment of sending, in seconds since 1970, if it is signed too; at most five minutes old.')
      .optional(),
    signed: z
      .string()
      .max(100)
      .regex(/\{body\}/, 'must contain {body}')
      .describe(
        'What is signed, {timestamp} and {body} standing for themselves; {body}, or {timestamp}.{body} with a timestamp, if left out.',
      )
      .optional(),
  }),
]);

/** RFC 6901. */
const jsonPointerSchema = z
  .string()
  .regex(/^(\/([^~]|~[01])*)+$/, 'must be a JSON Pointer into the payload, such as /data/number');

/** A webhook as the settings declare it. The secret is named, never held. */
export const webhookSchema = z.strictObject({
  secret: z.string().min(1).max(2048).describe("The signing secret's name or ARN in Secrets Manager."),
  signature: signatureSchema.default({ scheme: 'standard_webhooks' }),
  export: exportRequestSchema,
  filters_from_payload: z
    .record(z.string().min(1), jsonPointerSchema)
    .describe('Filters whose values come from the payload: column to JSON Pointer.')
    .optional(),
  delivery: deliverySchema.optional(),
  debounce_s: z
    .int()
    .min(1)
    .max(900)
    .describe('Wait so long before the export begins; webhooks for the same request join it until then.')
    .optional(),
});
export type Webhook = z.output<typeof webhookSchema>;
export type SignatureScheme = Webhook['signature'];
export type HmacScheme = Extract<SignatureScheme, { scheme: 'hmac' }>;

/** All webhooks, by name. */
export const webhooksSchema = z.record(triggerNameSchema, webhookSchema);
export type Webhooks = z.output<typeof webhooksSchema>;
