import { Temporal } from 'temporal-polyfill';
import type { DateWord, Offset } from './date-words.ts';

/** Reckons a relative date, `YYYY-MM-DD`, from the day that it is in a time zone at a moment. */
export type Calendar = (word: DateWord, offsets: readonly Offset[]) => string;

/**
 * Days, weeks, months and years of the ISO calendar, without a time of day, so that no daylight-saving change moves a date.
 * `undefined` for a zone that is not known. (Node's own Temporal takes this library's place when Lambda has Node 26.)
 */
export function calendarAt(moment: string, timeZone: string): Calendar | undefined {
  const today = dayIn(moment, timeZone);
  return (
    today &&
    ((word, offsets) => offsets.reduce((day, offset) => moved(day, word, offset), days[word](today)).toString())
  );
}

function dayIn(moment: string, timeZone: string): Temporal.PlainDate | undefined {
  const instant = Temporal.Instant.from(moment);
  try {
    return instant.toZonedDateTimeISO(timeZone).toPlainDate();
  } catch {
    return undefined;
  }
}

type Day = Temporal.PlainDate;

const days = {
  today: (day) => day,
  yesterday: (day) => day.subtract({ days: 1 }),
  tomorrow: (day) => day.add({ days: 1 }),
  week_start: (day) => day.subtract({ days: day.dayOfWeek - 1 }),
  week_end: (day) => day.add({ days: 7 - day.dayOfWeek }),
  month_start: (day) => day.with({ day: 1 }),
  month_end: (day) => endOfMonth(day),
  quarter_start: (day) => day.with({ day: 1 }).subtract({ months: (day.month - 1) % 3 }),
  quarter_end: (day) => endOfMonth(day.with({ day: 1 }).add({ months: 2 - ((day.month - 1) % 3) })),
  year_start: (day) => day.with({ month: 1, day: 1 }),
  year_end: (day) => day.with({ month: 12, day: 31 }),
} as const satisfies Record<DateWord, (today: Day) => Day>;

// A month's end is not moved to a day before the other month's end: 30 June and a month is 31 July.
const endsOfMonths: ReadonlySet<DateWord> = new Set<DateWord>(['month_end', 'quarter_end', 'year_end']);

/** A day that the other month does not have becomes its last one. */
function moved(day: Day, word: DateWord, { count, unit }: Offset): Day {
  const there = day.add({ [unit]: count });
  const isEnd = endsOfMonths.has(word) && day.day === day.daysInMonth;
  return isEnd && (unit === 'months' || unit === 'years') ? endOfMonth(there) : there;
}

function endOfMonth(day: Day): Day {
  return day.with({ day: day.daysInMonth });
}
