import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextFireTime } from '../../../sandbox/scheduler/next-fire-time.ts';

interface Timing {
  readonly zone?: string;
  readonly start?: string;
  readonly end?: string;
  readonly madeAt?: string;
}

/** Up to `count` fire times after a moment. */
function fireTimes(expression: string, after: string, count: number, { zone = 'UTC', madeAt, ...span }: Timing = {}) {
  const times: string[] = [];
  const madeAtMs = Date.parse(madeAt ?? after);
  let lastMs: number | undefined = Date.parse(after);
  while (lastMs !== undefined && times.length < count) {
    lastMs = nextFireTime({ expression, time_zone: zone, ...span }, lastMs, madeAtMs);
    if (lastMs !== undefined) times.push(new Date(lastMs).toISOString().replace(':00.000Z', 'Z'));
  }
  return times;
}

describe("EventBridge Scheduler's own examples", () => {
  test('cron(15 10 ? * 6L 2022-2023) fires on the last Friday of each month of these years', () => {
    const times = fireTimes('cron(15 10 ? * 6L 2022-2023)', '2022-10-01T00:00:00Z', 100);
    expect(times.slice(0, 4)).toEqual([
      '2022-10-28T10:15Z',
      '2022-11-25T10:15Z',
      '2022-12-30T10:15Z',
      '2023-01-27T10:15Z',
    ]);
    expect(times).toHaveLength(15);
    expect(times.at(-1)).toBe('2023-12-29T10:15Z');
  });

  test('1/10 in the minutes is the 1st, 11th, 21st, … minute after the hour', () => {
    expect(fireTimes('cron(1/10 8 1 1 ? 2026)', '2026-01-01T00:00:00Z', 9)).toEqual(
      ['01', '11', '21', '31', '41', '51'].map((minute) => `2026-01-01T08:${minute}Z`),
    );
  });

  test('3W is the weekday closest to the third day of the month', () => {
    // Saturday 3 October, Sunday 3 January, Wednesday 3 February.
    expect(fireTimes('cron(0 0 3W 10 ? 2026)', '2026-01-01T00:00:00Z', 9)).toEqual(['2026-10-02T00:00Z']);
    expect(fireTimes('cron(0 0 3W 1,2 ? 2027)', '2026-01-01T00:00:00Z', 9)).toEqual([
      '2027-01-04T00:00Z',
      '2027-02-03T00:00Z',
    ]);
  });

  test('3#2 is the second Tuesday of the month', () => {
    expect(fireTimes('cron(0 0 ? 11,12 3#2 2026)', '2026-01-01T00:00:00Z', 9)).toEqual([
      '2026-11-10T00:00Z',
      '2026-12-08T00:00Z',
    ]);
  });

  test('cron(30 2 * * ? *) in Los Angeles is skipped when clocks go forward, and fires once when they go back', () => {
    const zone = 'America/Los_Angeles';
    expect(fireTimes('cron(30 2 * * ? *)', '2026-03-06T12:00:00Z', 3, { zone })).toEqual([
      '2026-03-07T10:30Z',
      '2026-03-09T09:30Z',
      '2026-03-10T09:30Z',
    ]);
    // Los Angeles repeats the hour from 1:00, so 1:30 is what comes twice there.
    expect(fireTimes('cron(30 1 * * ? *)', '2026-10-30T12:00:00Z', 3, { zone })).toEqual([
      '2026-10-31T08:30Z',
      '2026-11-01T08:30Z',
      '2026-11-02T09:30Z',
    ]);
  });

  test('a rate in days counts 24 hours on the clock, through a change of clocks too', () => {
    expect(
      fireTimes('rate(1 days)', '2026-03-07T09:59:59Z', 3, {
        zone: 'America/Los_Angeles',
        madeAt: '2026-03-07T10:00:00Z',
      }),
    ).toEqual(['2026-03-07T10:00Z', '2026-03-08T10:00Z', '2026-03-09T10:00Z']);
  });
});

describe('a cron expression', () => {
  test.each<[string, string, readonly string[]]>([
    ['cron(0 6 * * ? *)', '2026-11-27T05:59:59.999Z', ['2026-11-27T06:00Z', '2026-11-28T06:00Z']],
    ['cron(0 6 * * ? *)', '2026-11-27T06:00:00Z', ['2026-11-28T06:00Z']],
    ['cron(* * * * ? *)', '2026-12-31T23:58:30Z', ['2026-12-31T23:59Z', '2027-01-01T00:00Z', '2027-01-01T00:01Z']],
    ['cron(59 23 31 12 ? *)', '2026-12-31T23:59:00Z', ['2027-12-31T23:59Z']],
    [
      'cron(*/20 22/1 * * ? *)',
      '2026-11-27T22:30:00Z',
      ['2026-11-27T22:40Z', '2026-11-27T23:00Z', '2026-11-27T23:20Z'],
    ],
    [
      'cron(0,30 8-9 27 NOV ? 2026)',
      '2026-01-01T00:00:00Z',
      ['2026-11-27T08:00Z', '2026-11-27T08:30Z', '2026-11-27T09:00Z', '2026-11-27T09:30Z'],
    ],
    ['cron(0 0 L * ? *)', '2027-12-31T00:00:00Z', ['2028-01-31T00:00Z', '2028-02-29T00:00Z', '2028-03-31T00:00Z']],
    ['cron(0 0 L 2 ? *)', '2026-01-01T00:00:00Z', ['2026-02-28T00:00Z', '2027-02-28T00:00Z', '2028-02-29T00:00Z']],
    ['cron(0 0 29 2 ? *)', '2026-01-01T00:00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['cron(0 0 29 2 ? *)', '2096-03-01T00:00:00Z', ['2104-02-29T00:00Z']],
    ['cron(0 0 31 * ? *)', '2026-03-31T00:00:00Z', ['2026-05-31T00:00Z', '2026-07-31T00:00Z', '2026-08-31T00:00Z']],
    // The last weekday: Saturday 31 October and Sunday 31 January give way to Friday.
    ['cron(0 0 LW 10,11 ? 2026)', '2026-01-01T00:00:00Z', ['2026-10-30T00:00Z', '2026-11-30T00:00Z']],
    ['cron(0 0 LW 1,2 ? 2027)', '2026-01-01T00:00:00Z', ['2027-01-29T00:00Z', '2027-02-26T00:00Z']],
    // 15 August 2026 is a Saturday, 15 November a Sunday, 15 December a Tuesday.
    [
      'cron(0 0 15W 8,11,12 ? 2026)',
      '2026-01-01T00:00:00Z',
      ['2026-08-14T00:00Z', '2026-11-16T00:00Z', '2026-12-15T00:00Z'],
    ],
    // The closest weekday stays in its month: Saturday 1 August, Sunday 31 January.
    ['cron(0 0 1W 8 ? 2026)', '2026-01-01T00:00:00Z', ['2026-08-03T00:00Z']],
    ['cron(0 0 31W 1 ? 2027)', '2026-01-01T00:00:00Z', ['2027-01-29T00:00Z']],
    ['cron(0 0 31W 2,3 ? 2026)', '2026-01-01T00:00:00Z', ['2026-03-31T00:00Z']],
    ['cron(0 0 ? * 6#3 2026)', '2026-09-30T00:00:00Z', ['2026-10-16T00:00Z', '2026-11-20T00:00Z', '2026-12-18T00:00Z']],
    [
      'cron(0 0 ? * SUN#5 2026)',
      '2026-01-01T00:00:00Z',
      ['2026-03-29T00:00Z', '2026-05-31T00:00Z', '2026-08-30T00:00Z', '2026-11-29T00:00Z'],
    ],
    ['cron(0 0 ? 11 1L 2026)', '2026-01-01T00:00:00Z', ['2026-11-29T00:00Z']],
    [
      'cron(0 0 ? 11 L 2026)',
      '2026-01-01T00:00:00Z',
      ['2026-11-07T00:00Z', '2026-11-14T00:00Z', '2026-11-21T00:00Z', '2026-11-28T00:00Z'],
    ],
    [
      'cron(0 0 ? 11 MON-FRI 2026)',
      '2026-11-25T12:00:00Z',
      ['2026-11-26T00:00Z', '2026-11-27T00:00Z', '2026-11-30T00:00Z'],
    ],
    [
      'cron(0 0 ? 11 1,7 2026)',
      '2026-11-20T12:00:00Z',
      ['2026-11-21T00:00Z', '2026-11-22T00:00Z', '2026-11-28T00:00Z', '2026-11-29T00:00Z'],
    ],
    ['cron(0 0 1 1 ? 2026/3)', '2026-06-01T00:00:00Z', ['2029-01-01T00:00Z', '2032-01-01T00:00Z']],
    ['cron(0 0 1 1 ? 1970-2026)', '2026-06-01T00:00:00Z', []],
    ['cron(0 0 30 2 ? *)', '2026-01-01T00:00:00Z', []],
    ['cron(0 0 1 1 ? 2199)', '2026-01-01T00:00:00Z', ['2199-01-01T00:00Z']],
  ])('%s after %s fires at %j', (expression, after, expected) => {
    // One more where the row tells all there is.
    const tellsAll = / (2026|2027|2199|1970-2026)\)$/.test(expression) || expected.length === 0;
    expect(fireTimes(expression, after, expected.length + (tellsAll ? 1 : 0))).toEqual(expected);
  });
});

describe('a change of clocks', () => {
  test.each<[string, string, string, readonly string[]]>([
    // Germany: 29 March 2026, 02:00 becomes 03:00; 25 October, 03:00 becomes 02:00.
    [
      'Europe/Berlin',
      'cron(30 0 * * ? *)',
      '2026-03-27T23:00:00Z',
      ['2026-03-27T23:30Z', '2026-03-28T23:30Z', '2026-03-29T22:30Z'],
    ],
    ['Europe/Berlin', 'cron(0,30 2 * * ? *)', '2026-03-28T01:29:00Z', ['2026-03-28T01:30Z', '2026-03-30T00:00Z']],
    ['Europe/Berlin', 'cron(0 3 * * ? *)', '2026-03-28T12:00:00Z', ['2026-03-29T01:00Z']],
    [
      'Europe/Berlin',
      'cron(0 0/1 29 3 ? *)',
      '2026-03-28T23:30:00Z',
      ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    ],
    ['Europe/Berlin', 'cron(30 0 * * ? *)', '2026-10-23T23:00:00Z', ['2026-10-24T22:30Z', '2026-10-25T23:30Z']],
    ['Europe/Berlin', 'cron(0 6 * * ? *)', '2026-10-24T00:00:00Z', ['2026-10-24T04:00Z', '2026-10-25T05:00Z']],
    // The repeated hour: its times fire the first time, and then nothing does until 03:00.
    [
      'Europe/Berlin',
      'cron(0/20 * 25 10 ? *)',
      '2026-10-24T23:45:00Z',
      ['2026-10-25T00:00Z', '2026-10-25T00:20Z', '2026-10-25T00:40Z', '2026-10-25T02:00Z'],
    ],
    ['Europe/Berlin', 'cron(30 2 * * ? *)', '2026-10-25T00:30:00Z', ['2026-10-26T01:30Z']],
    ['Europe/Berlin', 'cron(30 2 * * ? *)', '2026-10-25T01:15:00Z', ['2026-10-26T01:30Z']],
    ['America/New_York', 'cron(30 1 1 11 ? *)', '2026-01-01T00:00:00Z', ['2026-11-01T05:30Z', '2027-11-01T05:30Z']],
    ['America/New_York', 'cron(15 2 8 3 ? *)', '2026-01-01T00:00:00Z', ['2027-03-08T07:15Z']],
    // São Paulo had no midnight on 4 November 2018, and 23:00 to 24:00 twice on 17 February.
    ['America/Sao_Paulo', 'cron(30 0 * * ? *)', '2018-11-03T00:00:00Z', ['2018-11-03T03:30Z', '2018-11-05T02:30Z']],
    ['America/Sao_Paulo', 'cron(0 0 * * ? *)', '2018-11-03T12:00:00Z', ['2018-11-05T02:00Z']],
    ['America/Sao_Paulo', 'cron(30 23 * * ? *)', '2018-02-17T12:00:00Z', ['2018-02-18T01:30Z', '2018-02-19T02:30Z']],
    // Lord Howe changes by half an hour: 02:00 becomes 02:30 on 4 October, and 02:00 becomes 01:30 on 5 April.
    [
      'Australia/Lord_Howe',
      'cron(0,15,30 2 * * ? *)',
      '2026-10-03T12:00:00Z',
      ['2026-10-03T15:30Z', '2026-10-04T15:00Z'],
    ],
    ['Australia/Lord_Howe', 'cron(45 1 * * ? *)', '2026-04-04T12:00:00Z', ['2026-04-04T14:45Z', '2026-04-05T15:15Z']],
    // Samoa had no 30 December 2011.
    ['Pacific/Apia', 'cron(0 12 * * ? *)', '2011-12-29T00:00:00Z', ['2011-12-29T22:00Z', '2011-12-30T22:00Z']],
    ['Pacific/Apia', 'cron(0 12 30 12 ? *)', '2011-01-01T00:00:00Z', ['2012-12-29T22:00Z']],
    // No changes at all, and minutes of its own.
    ['Asia/Kathmandu', 'cron(30 0 * * ? *)', '2026-03-28T12:00:00Z', ['2026-03-28T18:45Z', '2026-03-29T18:45Z']],
    ['UTC', 'cron(30 2 * * ? *)', '2026-03-28T12:00:00Z', ['2026-03-29T02:30Z', '2026-03-30T02:30Z']],
  ])('in %s: %s after %s fires at %j', (zone, expression, after, expected) => {
    expect(fireTimes(expression, after, expected.length, { zone })).toEqual(expected);
  });
});

describe('a rate', () => {
  test.each<[string, Timing & { after: string }, readonly string[]]>([
    [
      'rate(5 minutes)',
      { after: '2026-11-27T06:01:59Z', madeAt: '2026-11-27T06:02:00Z' },
      ['2026-11-27T06:02Z', '2026-11-27T06:07Z'],
    ],
    [
      'rate(5 minutes)',
      { after: '2026-11-27T06:20:00Z', madeAt: '2026-11-27T06:02:00Z' },
      ['2026-11-27T06:22Z', '2026-11-27T06:27Z'],
    ],
    [
      'rate(2 hours)',
      { after: '2026-11-27T06:00:00Z', start: '2026-11-27T09:30:00Z' },
      ['2026-11-27T09:30Z', '2026-11-27T11:30Z'],
    ],
    [
      'rate(2 hours)',
      { after: '2026-11-27T06:00:00Z', start: '2026-01-01T00:30:00Z' },
      ['2026-11-27T06:30Z', '2026-11-27T08:30Z'],
    ],
    [
      'rate(1 minute)',
      { after: '2026-11-27T06:00:00Z', madeAt: '2026-11-27T06:00:00Z', end: '2026-11-27T06:02:00Z' },
      ['2026-11-27T06:01Z', '2026-11-27T06:02Z'],
    ],
  ])('of %s with %j fires at %j', (expression, { after, ...timing }, expected) => {
    const isAll = timing.end === undefined ? 0 : 1;
    expect(fireTimes(expression, after, expected.length + isAll, timing)).toEqual(expected);
  });

  test('counts from the next whole second', () => {
    const madeAtMs = Date.parse('2026-11-27T06:00:00.250Z');
    const nextMs = nextFireTime({ expression: 'rate(1 day)', time_zone: 'UTC' }, madeAtMs, madeAtMs);
    expect(nextMs).toBe(Date.parse('2026-11-27T06:00:01Z'));
  });
});

test('start and end belong to the time in which a schedule fires', () => {
  const span = { start: '2026-11-27T06:00:00Z', end: '2026-11-29T06:00:00Z' };
  const all = ['2026-11-27T06:00Z', '2026-11-28T06:00Z', '2026-11-29T06:00Z'];
  expect(fireTimes('cron(0 6 * * ? *)', '2026-01-01T00:00:00Z', 9, span)).toEqual(all);
  expect(fireTimes('cron(0 6 * * ? *)', '2026-11-28T00:00:00Z', 9, span)).toEqual(all.slice(1));
  const narrower = { start: '2026-11-27T06:00:01Z', end: '2026-11-29T05:59:59Z' };
  expect(fireTimes('cron(0 6 * * ? *)', '2026-01-01T00:00:00Z', 9, narrower)).toEqual(all.slice(1, 2));
});

const seed = 20_261_127;

interface Wall {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
}

/** What the clock on the wall shows at a moment, by Intl. */
function wallClock(zone: string): (ms: number) => Wall {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  return (ms) => {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = format.format(ms).split(/[- :]/).map(Number);
    return { minute, hour, day, month, year };
  };
}

const field = (from: number, to: number) =>
  fc.oneof(
    fc.constant({ text: '*', matches: () => true }),
    fc.integer({ min: from, max: to }).map((n) => ({ text: String(n), matches: (value: number) => value === n })),
    fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: 1, max: 9 })).map(([n, step]) => ({
      text: `${n}/${step}`,
      matches: (value: number) => value >= n && (value - n) % step === 0,
    })),
    fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to })).map(([a, b]) => ({
      text: a === b ? String(a) : `${Math.min(a, b)}-${Math.max(a, b)}`,
      matches: (value: number) => value >= Math.min(a, b) && value <= Math.max(a, b),
    })),
    fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to })).map(([a, b]) => ({
      text: `${a},${b}`,
      matches: (value: number) => value === a || value === b,
    })),
  );

const utc = ({ year, month, day }: Wall, later = 0) => new Date(Date.UTC(year, month - 1, day + later));
const isWeekday = (date: Date) => date.getUTCDay() > 0 && date.getUTCDay() < 6;

/** Both day fields, and whether a day is meant, told by looking at the days around it. */
const days = fc.oneof(
  field(1, 31).map(({ text, matches }) => ({ text: [text, '?'], isMeant: (wall: Wall) => matches(wall.day) })),
  field(1, 7).map(({ text, matches }) => ({
    text: ['?', text],
    isMeant: (wall: Wall) => matches(utc(wall).getUTCDay() + 1),
  })),
  fc.constant({ text: ['L', '?'], isMeant: (wall: Wall) => utc(wall, 1).getUTCDate() === 1 }),
  fc.constant({
    text: ['LW', '?'],
    isMeant: (wall: Wall) => {
      const rest = [1, 2, 3].map((later) => utc(wall, later)).filter((date) => date.getUTCMonth() === wall.month - 1);
      return isWeekday(utc(wall)) && rest.every((date) => !isWeekday(date));
    },
  }),
  fc.integer({ min: 1, max: 7 }).map((dow) => ({
    text: ['?', `${dow}L`],
    isMeant: (wall: Wall) => utc(wall).getUTCDay() + 1 === dow && utc(wall, 7).getUTCMonth() !== wall.month - 1,
  })),
  fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 })).map(([dow, nth]) => ({
    text: ['?', `${dow}#${nth}`],
    isMeant: (wall: Wall) => utc(wall).getUTCDay() + 1 === dow && Math.ceil(wall.day / 7) === nth,
  })),
);

test(`any expression fires whenever the wall clock shows its time for the first time (seed ${seed})`, () => {
  // Each zone with a day on which its clocks change, and those around it.
  const around = fc.constantFrom(
    ['Europe/Berlin', '2026-03-27'],
    ['Europe/Berlin', '2026-10-23'],
    ['America/New_York', '2026-10-30'],
    ['America/Sao_Paulo', '2018-11-02'],
    ['America/Sao_Paulo', '2018-02-16'],
    ['Australia/Lord_Howe', '2026-04-03'],
    ['Australia/Lord_Howe', '2026-10-02'],
    ['Pacific/Apia', '2011-12-28'],
    ['Asia/Kathmandu', '2028-02-27'],
    ['Africa/Casablanca', '2026-02-14'],
  );
  const hours = fc.oneof(field(0, 23), fc.constant({ text: '*', matches: () => true }));
  fc.assert(
    fc.property(around, field(0, 59), hours, days, ([zone = '', day = ''], minute, hour, { text, isMeant }) => {
      const clock = wallClock(zone);
      const fromMs = Date.parse(`${day}T00:00:00Z`);
      const expected: string[] = [];
      const shown = new Set<string>();
      // From a day before on, to know what was shown already.
      for (let ms = fromMs - 86_400_000; ms < fromMs + 4 * 86_400_000; ms += 60_000) {
        const wall = clock(ms);
        const key = JSON.stringify(wall);
        const isFirst = !shown.has(key);
        shown.add(key);
        if (isFirst && ms > fromMs && minute.matches(wall.minute) && hour.matches(wall.hour) && isMeant(wall)) {
          expected.push(new Date(ms).toISOString().replace(':00.000Z', 'Z'));
        }
      }
      const expression = `cron(${minute.text} ${hour.text} ${text[0]} * ${text[1]} *)`;
      // One more, which must lie outside of the days that were looked at.
      const found = fireTimes(expression, `${day}T00:00:00Z`, Math.min(expected.length, 40) + 1, { zone });
      const until = new Date(fromMs + 4 * 86_400_000).toISOString();
      expect(found.filter((time) => time < until).slice(0, 40)).toEqual(expected.slice(0, 40));
    }),
    { seed, numRuns: 60 },
  );
});
