import type { DayRule } from '../../lib/settings/cron.ts';

/**
 * The days of a month that a rule means, in order. "The weekday closest to the third day of the month" stays in its month; a
 * month without a 31st has none for `31W`, and one without a fifth Friday none for `6#5`.
 */
export function daysOfMonth(rule: DayRule, year: number, month: number): readonly number[] {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const all = Array.from({ length: last }, (_, index) => index + 1);
  const dayOfWeek = (day: number) => new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
  const isWeekday = (day: number) => dayOfWeek(day) > 1 && dayOfWeek(day) < 7;
  switch (rule.kind) {
    case 'days':
      return all.filter((day) => rule.days.has(day));
    case 'last day':
      return [last];
    case 'last weekday':
      return all.filter(isWeekday).slice(-1);
    case 'nearest weekday':
      // Saturday goes back and Sunday forward, unless that is another month.
      return rule.day > last
        ? []
        : [0, ...nearby(dayOfWeek(rule.day))]
            .map((offset) => rule.day + offset)
            .filter((day) => day >= 1 && day <= last && isWeekday(day))
            .slice(0, 1);
    case 'days of week':
      return all.filter((day) => rule.days.has(dayOfWeek(day)));
    case 'last day of week':
      return all.filter((day) => dayOfWeek(day) === rule.day).slice(-1);
    case 'nth day of week':
      return all.filter((day) => dayOfWeek(day) === rule.day).slice(rule.nth - 1, rule.nth);
  }
}

function nearby(dayOfWeek: number): readonly number[] {
  return dayOfWeek === 7 ? [-1, 2] : [1, -2];
}
