import * as z from 'zod';
import { deliverySchema, exportRequestSchema } from '../../functions/ledger/export-request.ts';

function isTimeZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** A schedule as the settings declare it (EventBridge Scheduler User Guide, "Schedule types"). */
export const scheduleSchema = z.strictObject({
  expression: z
    .string()
    .regex(
      /^(cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minutes?|hours?|days?)\))$/,
      'must be cron(minutes hours day-of-month month day-of-week year) or rate(N minutes|hours|days), such as cron(0 6 * * ? *)',
    ),
  time_zone: z
    .string()
    .refine(isTimeZone, 'must be an IANA time zone, such as Europe/Berlin')
    .describe('The zone of the expression and of dates in the filters; UTC if left out.')
    .default('UTC'),
  flexible_window_minutes: z.int().min(1).max(1440).describe('Fire at any moment within so many minutes.').optional(),
  start: z.iso.datetime().describe('Do not fire before.').optional(),
  end: z.iso.datetime().describe('Do not fire after.').optional(),
  enabled: z.boolean().default(true),
  export: exportRequestSchema,
  delivery: deliverySchema.optional(),
});
export type Schedule = z.output<typeof scheduleSchema>;
