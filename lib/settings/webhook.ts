import * as z from 'zod';
import { triggerNameSchema, webhookSchema } from '../../functions/api/webhooks/webhook.ts';
import { relativeDatesIn } from '../../functions/export/schedule/relative-dates.ts';
import { exportRequestSchema } from '../../functions/ledger/export-request.ts';

/** Secrets Manager's own letters, or a whole ARN. No `*`, which IAM would take for any secret; no Standard Webhooks secret itself. */
const secretNameSchema = z
  .string()
  .regex(
    /^(?!whsec_)([\w/+=.@-]{1,512}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}-[A-Za-z0-9]{6})$/,
    'must be the name (letters, digits and /_+=.@-) or the whole ARN of a secret in Secrets Manager, never the secret itself',
  )
  .describe("The signing secret's name or ARN in Secrets Manager.");

/** A webhook's filters go to Knosc as they are, so that a date of a schedule would filter for its own words. */
const filtersSchema = exportRequestSchema.shape.filters.unwrap().superRefine((filters, context) => {
  for (const { path, written } of relativeDatesIn(filters)) {
    const message = `must not have the relative date ${written}, which only schedules have; take a date from the payload`;
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});

/**
 * A webhook as the settings may declare it. The api function, which reads from its environment what was held to this, takes any
 * secret: what an app has passed on as its ARN is known only there.
 */
export const declaredWebhookSchema = webhookSchema.safeExtend({
  secret: secretNameSchema,
  export: exportRequestSchema.extend({ filters: filtersSchema.optional() }),
});

/** All webhooks, by name. */
export const declaredWebhooksSchema = z.record(triggerNameSchema, declaredWebhookSchema);
