/**
 * A cron expression of EventBridge Scheduler (its User Guide, "Schedule types"), taken apart. Of its two day fields exactly one
 * says something.
 */
export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: DayRule;
  /** From 1. */
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
}

/** Which days of a month are meant. Days of the week count from Sunday, 1, to Saturday, 7. */
export type DayRule =
  | { readonly kind: 'days'; readonly days: ReadonlySet<number> }
  | { readonly kind: 'last day' }
  | { readonly kind: 'last weekday' }
  | { readonly kind: 'nearest weekday'; readonly day: number }
  | { readonly kind: 'days of week'; readonly days: ReadonlySet<number> }
  | { readonly kind: 'last day of week'; readonly day: number }
  | { readonly kind: 'nth day of week'; readonly day: number; readonly nth: number };

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** What stands for `from` and the numbers after it. */
  readonly names?: readonly string[];
  readonly allowed: string;
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const minuteField: Field = { name: 'minutes', from: 0, to: 59, allowed: '0-59 with , - * /' };
const hourField: Field = { name: 'hours', from: 0, to: 23, allowed: '0-23 with , - * /' };
const dayOfMonthField: Field = {
  name: 'day-of-month',
  from: 1,
  to: 31,
  allowed: '1-31 with , - * /, or ?, or one of L, LW and such as 15W',
};
const monthField: Field = {
  name: 'month',
  from: 1,
  to: 12,
  names: monthNames,
  allowed: '1-12 or JAN-DEC with , - * /',
};
const dayOfWeekField: Field = {
  name: 'day-of-week',
  from: 1,
  to: 7,
  names: dayNames,
  allowed: '1-7 or SUN-SAT (1 is Sunday) with , - * /, or ?, or one of L and such as 6L or 6#3',
};
const yearField: Field = { name: 'year', from: 1970, to: 2199, allowed: '1970-2199 with , - * /' };

const fieldNames = 'minutes hours day-of-month month day-of-week year';

/** Takes the fields between the parentheses of `cron(...)` apart, or says all that is wrong with them. */
export function parseCron(fields: string): Cron | { readonly faults: readonly string[] } {
  const given = fields.split(' ');
  if (given.length !== 6 || given.includes('')) {
    return {
      faults: [`must have six fields with single spaces between them (${fieldNames}), such as cron(0 6 * * ? *)`],
    };
  }
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = given;
  const faults: string[] = [];
  const numbers = (field: Field, text: string): ReadonlySet<number> => {
    const found = numbersOf(field, text);
    if (!found) faults.push(`its ${field.name} ${JSON.stringify(text)} must be ${field.allowed}`);
    return found ?? new Set();
  };
  const minutes = numbers(minuteField, minute);
  const hours = numbers(hourField, hour);
  const rules: DayRule[] = [];
  if (dayOfMonth !== '?') {
    rules.push(dayOfMonthRule(dayOfMonth) ?? { kind: 'days', days: numbers(dayOfMonthField, dayOfMonth) });
  }
  if (dayOfWeek !== '?') {
    rules.push(dayOfWeekRule(dayOfWeek) ?? { kind: 'days of week', days: numbers(dayOfWeekField, dayOfWeek) });
  }
  const [days, ...more] = rules;
  if (!days || more.length > 0) faults.push('must have ? as day-of-month or as day-of-week, and not as both');
  const cron = { minutes, hours, months: numbers(monthField, month), years: numbers(yearField, year) };
  return days && faults.length === 0 ? { ...cron, days } : { faults };
}

function dayOfMonthRule(text: string): DayRule | undefined {
  if (text === 'L') return { kind: 'last day' };
  if (text === 'LW') return { kind: 'last weekday' };
  const [, day] = /^(\d{1,2})W$/.exec(text) ?? [];
  const number = day === undefined ? undefined : numberOf(dayOfMonthField, day);
  return number === undefined ? undefined : { kind: 'nearest weekday', day: number };
}

function dayOfWeekRule(text: string): DayRule | undefined {
  // The last day of the week, every week.
  if (text === 'L') return { kind: 'days of week', days: new Set([7]) };
  const [, name = '', last, nth] = /^(\w+?)(?:(L)|#([1-5]))$/.exec(text) ?? [];
  const day = numberOf(dayOfWeekField, name);
  if (day === undefined) return undefined;
  return last ? { kind: 'last day of week', day } : { kind: 'nth day of week', day, nth: Number(nth) };
}

/** Lists of numbers, ranges and steps. `undefined` where they are none, or out of what the field takes. */
function numbersOf(field: Field, text: string): ReadonlySet<number> | undefined {
  const numbers = new Set<number>();
  for (const element of text.split(',')) {
    const span = spanOf(field, element);
    if (!span) return undefined;
    for (let number = span.from; number <= span.to; number += span.step) numbers.add(number);
  }
  return numbers;
}

/** `7`, `1-5`, `*`, and each with a step: `0/15` counts to the end of the field. */
function spanOf(field: Field, element: string): { from: number; to: number; step: number } | undefined {
  const { from, end, step } = /^(?<from>\w+|\*)(?:-(?<end>\w+))?(?:\/(?<step>\d{1,3}))?$/.exec(element)?.groups ?? {};
  if (from === undefined || (from === '*' && end !== undefined)) return undefined;
  const first = from === '*' ? field.from : numberOf(field, from);
  const openEnd = from === '*' || step !== undefined ? field.to : first;
  const last = end === undefined ? openEnd : numberOf(field, end);
  const every = Number(step ?? 1);
  if (first === undefined || last === undefined || last < first || every < 1) return undefined;
  return { from: first, to: last, step: every };
}

function numberOf({ from, to, names = [] }: Field, text: string): number | undefined {
  const named = names.indexOf(text);
  if (named >= 0) return from + named;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return number >= from && number <= to ? number : undefined;
}
