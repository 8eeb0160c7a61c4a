import * as z from 'zod';
import { type Calendar, calendarAt } from '../../functions/export/schedule/calendar.ts';
import { faultsInRelativeDates } from '../../functions/export/schedule/relative-dates.ts';
import { deliverySchema, exportRequestSchema } from '../../functions/ledger/export-request.ts';
import { parseScheduleExpression } from './schedule-expression.ts';
import { faultOfTimeZone } from './time-zone.ts';

const expressionSchema = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseScheduleExpression(text);
    for (const message of 'faults' in parsed ? parsed.faults : []) context.addIssue({ code: 'custom', message });
  })
  .meta({
    description: 'cron(minutes hours day-of-month month day-of-week year), or rate(N minutes), hours or days.',
    pattern: String.raw`^(cron\(.+\)|rate\(.+\))$`,
    examples: ['cron(0 6 * * ? *)', 'cron(0 6 ? * MON-FRI *)', 'rate(4 hours)'],
  });

const timeZoneSchema = z.string().superRefine((text, context) => {
  const message = faultOfTimeZone(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Of the first fire time that there may be and of the last, so that a date in range on both is in range on all between. */
const calendars = ['2026-01-01T00:00:00Z', '2199-12-31T23:59:59Z']
  .map((moment) => calendarAt(moment, 'UTC'))
  .filter((calendar): calendar is Calendar => calendar !== undefined);

const filtersSchema = exportRequestSchema.shape.filters
  .unwrap()
  .superRefine((filters, context) => {
    for (const { path, message } of faultsInRelativeDates(filters, calendars)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  })
  .describe('Texts in them may contain dates relative to the fire time, such as {today-7d}; {{ and }} are braces.');

/** A schedule as the settings declare it (EventBridge Scheduler User Guide, "Schedule types"). */
export const scheduleSchema = z
  .strictObject({
    expression: expressionSchema,
    time_zone: timeZoneSchema
      .describe('The IANA zone of the expression and of dates in the filters; UTC if left out.')
      .default('UTC'),
    flexible_window_minutes: z.int().min(1).max(1440).describe('Fire at any moment within so many minutes.').optional(),
    start: z.iso.datetime().describe('Do not fire before; a rate counts from here.').optional(),
    end: z.iso.datetime().describe('Do not fire after.').optional(),
    enabled: z.boolean().default(true),
    export: exportRequestSchema.extend({ filters: filtersSchema.optional() }),
    // Each fire time is an export of its own.
    delivery: deliverySchema.omit({ max_age_s: true }).optional(),
  })
  .refine(({ start, end }) => start === undefined || end === undefined || Date.parse(start) < Date.parse(end), {
    path: ['end'],
    message: 'must be after start',
    // Told beside the faults of other keys.
    when: ({ value }) => z.object({ start: z.iso.datetime(), end: z.iso.datetime() }).safeParse(value).success,
  });
export type Schedule = z.output<typeof scheduleSchema>;
