import { Temporal } from 'temporal-polyfill';
import type { Cron } from '../../lib/settings/cron.ts';
import type { Schedule } from '../../lib/settings/schedule.ts';
import { nextOfRate, parseScheduleExpression } from '../../lib/settings/schedule-expression.ts';
import { daysOfMonth } from './days-of-month.ts';

type Timing = Pick<Schedule, 'expression' | 'time_zone' | 'start' | 'end'>;

/**
 * When a schedule fires next after a moment, both in milliseconds since 1970, as EventBridge Scheduler documents it: a local
 * time that a change of clocks skips is skipped, one that comes twice counts the first time, and a rate counts hours on the
 * clock from its start, or from its making, as one without a start "starts invoking the target immediately". `undefined` once it never fires again.
 */
export function nextFireTime(schedule: Timing, afterMs: number, madeAtMs: number): number | undefined {
  const expression = parseScheduleExpression(schedule.expression);
  if ('faults' in expression) throw new Error(`${schedule.expression}: ${expression.faults.join('; ')}`);
  const startMs = schedule.start === undefined ? undefined : Date.parse(schedule.start);
  const nextMs =
    expression.kind === 'rate'
      ? nextOfRate(expression.everyMs, startMs ?? madeAtMs, afterMs)
      : nextOfCron(expression.cron, schedule.time_zone, Math.max(afterMs, (startMs ?? afterMs + 1) - 1));
  const endMs = schedule.end === undefined ? Number.POSITIVE_INFINITY : Date.parse(schedule.end);
  return nextMs !== undefined && nextMs <= endMs ? nextMs : undefined;
}

function nextOfCron(cron: Cron, timeZone: string, afterMs: number): number | undefined {
  const from = Temporal.Instant.fromEpochMilliseconds(afterMs).toZonedDateTimeISO(timeZone).toPlainDateTime();
  for (const local of localTimes(cron, from)) {
    const moment = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
    // A skipped local time reads otherwise once it is a moment; of a repeated one the first may be past.
    if (moment.toPlainDateTime().equals(local) && moment.epochMilliseconds > afterMs) return moment.epochMilliseconds;
  }
  return undefined;
}

/** Local times that match, in order, from the minute of `from` on. What the local clock showed before has been. */
function* localTimes(cron: Cron, from: Temporal.PlainDateTime): Generator<Temporal.PlainDateTime> {
  const earliest = from.with({ second: 0, millisecond: 0 });
  for (const year of inOrder(cron.years, earliest.year)) {
    for (const month of inOrder(cron.months, year === earliest.year ? earliest.month : 1)) {
      const days = daysOfMonth(cron.days, year, month).map((day) => Temporal.PlainDate.from({ year, month, day }));
      for (const day of days.filter((date) => Temporal.PlainDate.compare(date, earliest.toPlainDate()) >= 0)) {
        yield* timesOfDay(cron, day, earliest);
      }
    }
  }
}

function* timesOfDay(
  cron: Cron,
  day: Temporal.PlainDate,
  earliest: Temporal.PlainDateTime,
): Generator<Temporal.PlainDateTime> {
  const isFirstDay = day.equals(earliest.toPlainDate());
  for (const hour of inOrder(cron.hours, isFirstDay ? earliest.hour : 0)) {
    const isFirstHour = isFirstDay && hour === earliest.hour;
    for (const minute of inOrder(cron.minutes, isFirstHour ? earliest.minute : 0)) {
      yield day.toPlainDateTime({ hour, minute });
    }
  }
}

function inOrder(numbers: ReadonlySet<number>, from: number): readonly number[] {
  return [...numbers].filter((number) => number >= from).toSorted((a, b) => a - b);
}
