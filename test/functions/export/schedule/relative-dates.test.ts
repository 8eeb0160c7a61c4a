import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dateWords } from '../../../../functions/export/schedule/date-words.ts';
import { faultsInRelativeDates, resolveRelativeDates } from '../../../../functions/export/schedule/relative-dates.ts';

async function resolved(text: string, fireTime: string, zone = 'UTC'): Promise<unknown> {
  const filters = await resolveRelativeDates({ column: text }, { fire_time: fireTime, time_zone: zone });
  return filters['column'];
}

describe('a relative date', () => {
  // 2026-11-27 is a Friday.
  test.each([
    ['{today}', '2026-11-27'],
    ['{yesterday}', '2026-11-26'],
    ['{tomorrow}', '2026-11-28'],
    ['{week_start}', '2026-11-23'],
    ['{week_end}', '2026-11-29'],
    ['{month_start}', '2026-11-01'],
    ['{month_end}', '2026-11-30'],
    ['{quarter_start}', '2026-10-01'],
    ['{quarter_end}', '2026-12-31'],
    ['{year_start}', '2026-01-01'],
    ['{year_end}', '2026-12-31'],
    ['{today-7d}', '2026-11-20'],
    ['{today+4d}', '2026-12-01'],
    ['{today-2w}', '2026-11-13'],
    ['{month_start-1mo}', '2026-10-01'],
    ['{month_start-1d}', '2026-10-31'],
    ['{month_start-1mo-1d}', '2026-09-30'],
    ['{month_end-1mo}', '2026-10-31'],
    ['{month_end-9mo}', '2026-02-28'],
    ['{month_end-1d+1mo}', '2026-12-29'],
    ['{quarter_end-2mo}', '2026-10-31'],
    ['{year_end-1y}', '2025-12-31'],
    ['{year_start+1y-1d}', '2026-12-31'],
    ['{today+0d}', '2026-11-27'],
    ['{month_start}/{today}', '2026-11-01/2026-11-27'],
    ['{{today}}', '{today}'],
    ['{{{today}}}', '{2026-11-27}'],
    ['}}{{', '}{'],
    ['', ''],
  ])('%s is %s on 27 November 2026', async (text, date) => {
    expect(await resolved(text, '2026-11-27T05:00:00Z')).toBe(date);
  });

  test.each([
    ['a month after 31 January', '{today+1mo}', '2026-01-31', '2026-02-28'],
    ['a month after 31 January of a leap year', '{today+1mo}', '2028-01-31', '2028-02-29'],
    ['a year after a leap day', '{today+1y}', '2028-02-29', '2029-02-28'],
    ['four years after a leap day', '{today+4y}', '2028-02-29', '2032-02-29'],
    ['100 years without their leap day', '{today+1d}', '2100-02-28', '2100-03-01'],
    ['the day after 28 February of a leap year', '{tomorrow}', '2028-02-28', '2028-02-29'],
    ['the day before 1 March of a leap year', '{yesterday}', '2028-03-01', '2028-02-29'],
    ['the end of February', '{month_end}', '2027-02-10', '2027-02-28'],
    ['the end of February of a leap year', '{month_end}', '2028-02-10', '2028-02-29'],
    ['the end of the month after June', '{month_end+1mo}', '2026-06-30', '2026-07-31'],
    ['the end of the month of a year ago, a leap year', '{month_end-1y}', '2029-02-28', '2028-02-29'],
    ['the day after New Year’s Eve', '{tomorrow}', '2026-12-31', '2027-01-01'],
    ['the month before January', '{month_start-1mo}', '2027-01-15', '2026-12-01'],
    ['the quarter before the first', '{quarter_start-3mo}', '2027-02-15', '2026-10-01'],
    ['the week that began in the old year', '{week_start}', '2027-01-01', '2026-12-28'],
    ['the week of a Monday', '{week_start}', '2026-11-23', '2026-11-23'],
    ['the week of a Sunday', '{week_start}', '2026-11-29', '2026-11-23'],
    ['the end of the week of a Sunday', '{week_end}', '2026-11-29', '2026-11-29'],
  ])('%s: %s from %s is %s', async (_name, text, day, date) => {
    expect(await resolved(text, `${day}T12:00:00Z`)).toBe(date);
  });
});

describe('the day of a relative date is that of the zone', () => {
  test.each([
    // 00:30 and 23:30 around both changes in Germany: 29 March and 25 October 2026.
    ['Europe/Berlin', '2026-03-28T23:30:00Z', '{today}', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T21:30:00Z', '{today}', '2026-03-29'],
    ['Europe/Berlin', '2026-03-29T22:30:00Z', '{today-1d}', '2026-03-29'],
    ['Europe/Berlin', '2026-10-24T22:30:00Z', '{today}', '2026-10-25'],
    ['Europe/Berlin', '2026-10-25T22:30:00Z', '{today}', '2026-10-25'],
    ['Europe/Berlin', '2026-10-25T23:30:00Z', '{yesterday}', '2026-10-25'],
    ['America/New_York', '2026-03-08T04:59:59Z', '{today}', '2026-03-07'],
    ['America/New_York', '2026-03-08T05:00:00Z', '{today+1d}', '2026-03-09'],
    ['America/New_York', '2026-11-02T04:59:59Z', '{today}', '2026-11-01'],
    // São Paulo's clocks went from 23:59 to 01:00, so that 4 November 2018 had no midnight.
    ['America/Sao_Paulo', '2018-11-04T02:59:59Z', '{today}', '2018-11-03'],
    ['America/Sao_Paulo', '2018-11-04T03:00:00Z', '{today}', '2018-11-04'],
    ['America/Sao_Paulo', '2018-11-05T02:30:00Z', '{today-1d}', '2018-11-04'],
    // And back from 24:00 to 23:00: 17 February 2018 had its last hour twice.
    ['America/Sao_Paulo', '2018-02-18T02:30:00Z', '{today}', '2018-02-17'],
    ['America/Sao_Paulo', '2018-02-18T03:00:00Z', '{yesterday}', '2018-02-17'],
    // Apia had no 30 December 2011; the calendar has.
    ['Pacific/Apia', '2011-12-30T09:59:59Z', '{today}', '2011-12-29'],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '{today}', '2011-12-31'],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '{yesterday}', '2011-12-30'],
    ['Asia/Kathmandu', '2026-11-26T18:14:59Z', '{today}', '2026-11-26'],
    ['Asia/Kathmandu', '2026-11-26T18:15:00Z', '{today}', '2026-11-27'],
    ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', '{today}', '2026-04-05'],
    ['Pacific/Kiritimati', '2026-12-31T10:00:00Z', '{year_start}', '2027-01-01'],
    ['Pacific/Pago_Pago', '2027-01-01T10:59:59Z', '{year_start}', '2026-01-01'],
    ['UTC', '2026-11-27T00:00:00Z', '{today}', '2026-11-27'],
  ])('%s at %s: %s is %s', async (zone, fireTime, text, date) => {
    expect(await resolved(text, fireTime, zone)).toBe(date);
  });
});

describe('filters', () => {
  const fireTime = { fire_time: '2026-11-27T05:00:00Z', time_zone: 'UTC' };

  test('have their dates in lists and in nested conditions, and keep all else', async () => {
    const filters = {
      'Order Date {today}': ['{today}', 7, null, true],
      include: { 'PO List Order Date': { from: '{month_start-1mo}', to: ['{month_start-1d}'] } },
      exclude: [{ deep: [{ deeper: '{year_start}' }] }],
      Status: 'Open',
    };
    expect(await resolveRelativeDates(filters, fireTime)).toEqual({
      'Order Date {today}': ['2026-11-27', 7, null, true],
      include: { 'PO List Order Date': { from: '2026-10-01', to: ['2026-10-31'] } },
      exclude: [{ deep: [{ deeper: '2026-01-01' }] }],
      Status: 'Open',
    });
    expect(filters.exclude[0]?.deep[0]?.deeper).toBe('{year_start}');
  });

  test('without a brace in any value are passed on as they are', async () => {
    const filters = { 'a {today}': ['x', 1], __proto__: null };
    expect(await resolveRelativeDates(filters, fireTime)).toBe(filters);
  });

  test('with dates that are not known fail, each with its path', async () => {
    const filters = { a: '{now}', b: ['x', '{today-7}'], c: { d: '{ today }' } };
    await expect(resolveRelativeDates(filters, fireTime)).rejects.toMatchObject({
      code: 'request-invalid',
      facts: { errors: [{ path: 'filters.a' }, { path: 'filters.b.1' }, { path: 'filters.c.d' }] },
    });
  });

  test('of a zone that is not known fail, and say which', async () => {
    const failing = resolveRelativeDates({ a: '{today}' }, { ...fireTime, time_zone: 'Mars/Olympus' });
    await expect(failing).rejects.toMatchObject({
      code: 'request-invalid',
      facts: { errors: [{ path: 'time_zone', message: expect.stringContaining('"Mars/Olympus"') }] },
    });
  });

  test('with a date past the year 9999 fail', async () => {
    await expect(resolveRelativeDates({ a: '{today+9999y}' }, fireTime)).rejects.toThrow('outside of the years');
    await expect(resolveRelativeDates({ a: '{today-9999y-9999y-9999y}' }, fireTime)).rejects.toThrow('outside of');
  });
});

describe('faults in relative dates', () => {
  test.each([
    '{now}',
    '{Today}',
    '{}',
    '{today',
    'today}',
    '{today-7}',
    '{today 7d}',
    '{today-7m}',
    '{today--7d}',
    '{today-d}',
    '{today-10000d}',
    '{today+1d+1d+1d+1d}',
    '{toString}',
    '{{today}',
  ])('%s is one, which names what is allowed', (text) => {
    const [fault, ...more] = faultsInRelativeDates({ a: ['fine', text] });
    expect(more).toEqual([]);
    expect(fault?.path).toEqual(['a', '1']);
    for (const word of dateWords) expect(fault?.message).toContain(word);
  });

  test('are all told at once, and none where all is well', () => {
    expect(faultsInRelativeDates({ a: '{x} {today} {y}', b: '{z}' })).toHaveLength(3);
    expect(faultsInRelativeDates({ a: '{today} {{x}}', b: 7 })).toEqual([]);
  });
});

const dayMs = 86_400_000;
const moment = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2037, 11) });
const zone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Cairo',
);
const seed = 20_261_127;

/** Intl and UTC arithmetic, which share nothing with the code under test but the zone's rules. */
function dayOf(ms: number, timeZone: string): Date {
  return new Date(`${new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(ms)}T00:00:00Z`);
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

test(`offsets reckon as the calendar does, at any moment in any zone (seed ${seed})`, async () => {
  const count = fc.integer({ min: -500, max: 500 });
  await fc.assert(
    fc.asyncProperty(moment, zone, count, async (ms, timeZone, n) => {
      const today = dayOf(ms, timeZone);
      const months = today.getUTCFullYear() * 12 + today.getUTCMonth();
      const lengthOf = (month: number) => new Date(Date.UTC(0, month + 1, 0)).getUTCDate();
      const clampedTo = (month: number) => Date.UTC(0, month, Math.min(today.getUTCDate(), lengthOf(month)));
      // Date.UTC takes the years 0 to 99 for 1900 to 1999.
      const monthMs = (month: number) => clampedTo(month - 1900 * 12);
      const sign = n < 0 ? '' : '+';
      const text = ['d', 'w', 'mo', 'y'].map((unit) => `{today${sign}${n}${unit}}`).join(' ');
      expect(await resolved(text, new Date(ms).toISOString(), timeZone)).toBe(
        [
          isoDay(today.getTime() + n * dayMs),
          isoDay(today.getTime() + 7 * n * dayMs),
          isoDay(monthMs(months + n)),
          isoDay(monthMs(months + 12 * n)),
        ].join(' '),
      );
    }),
    { seed, numRuns: 300 },
  );
});

test(`starts and ends stand around the day, and only theirs (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(moment, zone, async (ms, timeZone) => {
      const today = isoDay(dayOf(ms, timeZone).getTime());
      for (const span of ['week', 'month', 'quarter', 'year']) {
        const text = `{${span}_start} {${span}_end} {${span}_start-1d} {${span}_end+1d}`;
        const dates = String(await resolved(text, new Date(ms).toISOString(), timeZone)).split(' ');
        const [start = '', end = '', before = '', after = ''] = dates;
        expect(start <= today && today <= end && before < start && end < after).toBe(true);
        // The day before a start ends the span before, and its own start is not this one.
        expect(await resolved(`{${span}_end}`, `${before}T12:00:00Z`)).toBe(before);
        expect(await resolved(`{${span}_start}`, `${after}T12:00:00Z`)).toBe(after);
      }
    }),
    { seed, numRuns: 100 },
  );
});
