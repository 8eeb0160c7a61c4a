import * as z from 'zod';
import { exportIdSchema } from './export-id.ts';
import { deliverySchema, exportRequestSchema } from './export-request.ts';
import type { ExportRecord, NewRecord, QueuedRecord } from './record.ts';
import { triggerSchema } from './trigger.ts';

/** What lies in the queue: enough to write the record again, should its writer have died before it wrote it. */
export const exportMessageSchema = z.object({
  export_id: exportIdSchema,
  request: exportRequestSchema,
  delivery: deliverySchema,
  trigger: triggerSchema,
  created_at: z.iso.datetime(),
});
export type ExportMessage = z.infer<typeof exportMessageSchema>;

/** The record of an export that nobody has begun. */
export function queuedRecord(message: ExportMessage): NewRecord<QueuedRecord> {
  return {
    export_id: message.export_id,
    view_name: message.request.view_name,
    status: 'queued',
    attempts: 0,
    trigger: message.trigger,
    request: message.request,
    delivery: message.delivery,
    created_at: message.created_at,
  };
}

/** The message of an export that has a record. */
export function exportMessageOf({ export_id, request, delivery, trigger, created_at }: ExportRecord): ExportMessage {
  return { export_id, request, delivery, trigger, created_at };
}
