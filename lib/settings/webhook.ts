import * as z from 'zod';
import { triggerNameSchema, webhookSchema } from '../../functions/api/webhooks/webhook.ts';

/** Secrets Manager's own letters, or a whole ARN. No `*`, which IAM would take for any secret; no Standard Webhooks secret itself. */
const secretNameSchema = z
  .string()
  .regex(
    /^(?!whsec_)([\w/+=.@-]{1,512}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}-[A-Za-z0-9]{6})$/,
    'must be the name (letters, digits and /_+=.@-) or the whole ARN of a secret in Secrets Manager, never the secret itself',
  )
  .describe("The signing secret's name or ARN in Secrets Manager.");

/**
 * A webhook as the settings may declare it. The api function, which reads from its environment what was held to this, takes any
 * secret: what an app has passed on as its ARN is known only there.
 */
export const declaredWebhookSchema = webhookSchema.safeExtend({ secret: secretNameSchema });

/** All webhooks, by name. */
export const declaredWebhooksSchema = z.record(triggerNameSchema, declaredWebhookSchema);
