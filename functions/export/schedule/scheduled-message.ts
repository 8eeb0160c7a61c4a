import * as z from 'zod';
import { deliverySchema, exportRequestSchema } from '../../ledger/export-request.ts';

/** What a schedule puts on the queue: no export id, since name and fire time are the idempotency key. */
export const scheduledMessageSchema = z.strictObject({
  schedule: z.string().min(1),
  /** When it was to fire, whenever it did; EventBridge Scheduler's `<aws.scheduler.scheduled-time>`. */
  fire_time: z.iso.datetime(),
  /** IANA name; dates in the filters are reckoned in it. */
  time_zone: z.string().min(1),
  request: exportRequestSchema,
  delivery: deliverySchema,
});
export type ScheduledMessage = z.infer<typeof scheduledMessageSchema>;
