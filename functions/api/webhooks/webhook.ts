import * as z from 'zod';
import { deliverySchema, exportRequestSchema } from '../../ledger/export-request.ts';
import { signatureSchema } from './signature-scheme.ts';

/** Names of webhooks and schedules: they stand in paths, claims and names of AWS resources. */
export const triggerNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,47}$/, 'must be a name: 1 to 48 of a-z, 0-9, _ and -, such as po-changed');

/** RFC 6901. */
const jsonPointerSchema = z
  .string()
  .regex(/^(\/([^/~]|~[01])*)+$/, 'must be a JSON Pointer into the payload, such as /data/number');

const bothFiltersSchema = z.object({
  export: z.object({ filters: exportRequestSchema.shape.filters }),
  filters_from_payload: z.record(z.string(), z.unknown()),
});

/** A webhook as the settings declare it. The secret is named, never held. */
export const webhookSchema = z
  .strictObject({
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
  })
  .superRefine(
    ({ export: { filters = {} }, filters_from_payload: fromPayload = {} }, context) => {
      for (const column of Object.keys(fromPayload).filter((name) => Object.hasOwn(filters, name))) {
        const message = 'must not be a column of export.filters too';
        context.addIssue({ code: 'custom', path: ['filters_from_payload', column], message });
      }
    },
    // Told beside the faults of all else.
    { when: ({ value }) => bothFiltersSchema.safeParse(value).success },
  );
export type Webhook = z.output<typeof webhookSchema>;

/** All webhooks, by name. */
export const webhooksSchema = z.record(triggerNameSchema, webhookSchema);
export type Webhooks = z.output<typeof webhooksSchema>;
