import { describe, expect, test } from 'vitest';
import { parseScheduleExpression } from '../../../lib/settings/schedule-expression.ts';

function faultsOf(text: string): readonly string[] {
  const parsed = parseScheduleExpression(text);
  return 'faults' in parsed ? parsed.faults : [];
}

describe('a schedule expression', () => {
  // The first three are examples of the EventBridge Scheduler User Guide.
  test.each([
    'cron(15 10 ? * 6L 2022-2023)',
    'cron(30 8 * * ? *)',
    'cron(30 2 * * ? *)',
    'cron(0 6 ? * MON-FRI *)',
    'cron(0/15 * * * ? *)',
    'cron(*/5 8-17/3 1,15,20-25 JAN,FEB,12 ? 2026/2)',
    'cron(0 0 L * ? *)',
    'cron(0 0 LW * ? *)',
    'cron(0 0 15W * ? *)',
    'cron(0 0 ? * L *)',
    'cron(0 0 ? * FRIL *)',
    'cron(0 0 ? * 6#3 *)',
    'cron(0 0 ? * FRI#3 *)',
    'cron(59 23 31 12 ? 2199)',
    'rate(1 minute)',
    'rate(1 minutes)',
    'rate(5 minutes)',
    'rate(2 hours)',
    'rate(1 day)',
    'rate(99999 days)',
  ])('may be %s', (text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  const oneDay = ['must have ? as day-of-month or as day-of-week, and not as both'];
  test.each([
    ['* in both day fields', 'cron(0 0 * * * *)', oneDay],
    ['? in both day fields', 'cron(0 0 ? * ? *)', oneDay],
    ['a day in both day fields', 'cron(0 0 1 * MON *)', oneDay],
    ['* beside a day', 'cron(0 0 * * MON *)', oneDay],
  ])('must not have %s', (_name, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  test.each([
    ['minutes', 'cron(60 0 * * ? *)', '"60" must be 0-59 with , - * /'],
    ['minutes', 'cron(? 0 * * ? *)', '"?" must be'],
    ['minutes', 'cron(-5 0 * * ? *)', '"-5" must be'],
    ['minutes', 'cron(0/0 0 * * ? *)', '"0/0" must be'],
    ['minutes', 'cron(30-10 0 * * ? *)', '"30-10" must be'],
    ['minutes', 'cron(1, 0 * * ? *)', '"1," must be'],
    ['minutes', 'cron(*-5 0 * * ? *)', '"*-5" must be'],
    ['minutes', 'cron(1.5 0 * * ? *)', '"1.5" must be'],
    ['hours', 'cron(0 24 * * ? *)', '"24" must be 0-23'],
    ['day-of-month', 'cron(0 0 0 * ? *)', '"0" must be 1-31'],
    ['day-of-month', 'cron(0 0 32 * ? *)', '"32" must be'],
    ['day-of-month', 'cron(0 0 32W * ? *)', '"32W" must be'],
    ['day-of-month', 'cron(0 0 1-5W * ? *)', '"1-5W" must be'],
    ['day-of-month', 'cron(0 0 1,L * ? *)', '"1,L" must be'],
    ['day-of-month', 'cron(0 0 L-3 * ? *)', '"L-3" must be'],
    ['day-of-month', 'cron(0 0 MON * ? *)', '"MON" must be'],
    ['month', 'cron(0 0 * 13 ? *)', '"13" must be 1-12 or JAN-DEC'],
    ['month', 'cron(0 0 * jan ? *)', '"jan" must be'],
    ['month', 'cron(0 0 * L ? *)', '"L" must be'],
    ['day-of-week', 'cron(0 0 ? * 0 *)', '"0" must be 1-7 or SUN-SAT'],
    ['day-of-week', 'cron(0 0 ? * 8 *)', '"8" must be'],
    ['day-of-week', 'cron(0 0 ? * 3#1,6#3 *)', '"3#1,6#3" must be'],
    ['day-of-week', 'cron(0 0 ? * 3#6 *)', '"3#6" must be'],
    ['day-of-week', 'cron(0 0 ? * 8L *)', '"8L" must be'],
    ['day-of-week', 'cron(0 0 ? * MONDAY *)', '"MONDAY" must be'],
    ['year', 'cron(0 0 * * ? 1969)', '"1969" must be 1970-2199'],
    ['year', 'cron(0 0 * * ? 2200)', '"2200" must be'],
  ])('must not have such %s: %s', (field, text, words) => {
    const [fault, ...more] = faultsOf(text);
    expect(more).toEqual([]);
    expect(fault).toContain(`its ${field} ${words}`);
  });

  test.each([
    ['', 'must be cron(...) or rate(...)'],
    ['daily', 'must be cron(...) or rate(...)'],
    ['0 6 * * ? *', 'must be cron(...) or rate(...)'],
    ['at(2026-11-27T06:00:00)', 'must be cron(...) or rate(...)'],
    ['cron(0 6 * * ?)', 'must have six fields'],
    ['cron(0 6 * * ? * *)', 'must have six fields'],
    ['cron(0  6 * * ? *)', 'must have six fields with single spaces'],
    ['cron()', 'must have six fields'],
    ['rate(0 minutes)', 'must be rate(1 minute)'],
    ['rate(5 minute)', 'must be rate(1 minute)'],
    ['rate(05 minutes)', 'must be rate(1 minute)'],
    ['rate(1.5 hours)', 'must be rate(1 minute)'],
    ['rate(5 seconds)', 'must be rate(1 minute)'],
    ['rate(5  minutes)', 'must be rate(1 minute)'],
    ['rate(100000 minutes)', 'must be rate(1 minute)'],
    ['rate(-1 minutes)', 'must be rate(1 minute)'],
  ])('must not be %o', (text, words) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(words)]);
  });

  test('tells the faults of all its fields at once', () => {
    expect(faultsOf('cron(60 24 0 13 8 1)')).toHaveLength(7);
  });
});
