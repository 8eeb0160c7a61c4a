import { describe, expect, test } from 'vitest';
import { scheduledMessageSchema } from '../../../functions/export/schedule/scheduled-message.ts';
import { type Schedule, scheduleSchema } from '../../../lib/settings/schedule.ts';
import { createScheduler, type Fired } from '../../../sandbox/scheduler/scheduler.ts';
import { createRandom } from '../../../sandbox/knosc/data/random.ts';
import { createScheduler as createTime } from '../../model/scheduler.ts';

const hourMs = 3_600_000;

const scheduleOf = (more: object): Schedule => scheduleSchema.parse({ export: { view_name: 'item_master' }, ...more });

/** A scheduler in simulated time, with what it has sent: when, and the moment that it was for. */
function simulate(schedules: Record<string, Schedule>, startsAt: string, random = () => 0) {
  const time = createTime(createRandom(1), Date.parse(startsAt));
  const sent: string[] = [];
  let sleepsUntilMs = 0;
  const scheduler = createScheduler({
    schedules,
    send: async (body) => {
      const { schedule, fire_time } = scheduledMessageSchema.parse(JSON.parse(body));
      sent.push(`${schedule} ${minute(time.now())} for ${minute(Date.parse(fire_time))}`);
    },
    now: time.now,
    // Nothing wakes up while the machine sleeps.
    pause: async (ms, signal) => {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.race([time.after(Math.max(ms, sleepsUntilMs - time.now())), aborted]);
    },
    random,
  });
  return { time, sent, scheduler, sleepUntil: (moment: string) => (sleepsUntilMs = Date.parse(moment)) };
}

function minute(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.endsWith(':00.000Z') ? `${text.slice(5, 16)}Z` : text;
}

const ignore = () => undefined;

describe('a schedule', () => {
  test('fires through a change of clocks in each zone, and each time says what it was for', async () => {
    const every = 'cron(30 2 * * ? *)';
    const { time, sent, scheduler } = simulate(
      {
        berlin: scheduleOf({ expression: every, time_zone: 'Europe/Berlin' }),
        lisbon: scheduleOf({ expression: 'cron(0/30 1 * * ? *)', time_zone: 'Europe/Lisbon' }),
        utc: scheduleOf({ expression: every }),
        rate: scheduleOf({ expression: 'rate(1 day)', time_zone: 'Europe/Berlin' }),
      },
      '2026-10-24T23:30:00Z',
    );
    scheduler.start(ignore);
    await time.advance(28 * hourMs);
    await scheduler.close();
    const expected = [
      'rate 10-24T23:30Z',
      // 02:30 in summer time, before it comes again; 01:00 and 01:30 in Lisbon likewise.
      'berlin 10-25T00:30Z',
      'lisbon 10-25T00:00Z',
      'lisbon 10-25T00:30Z',
      'utc 10-25T02:30Z',
      'rate 10-25T23:30Z',
      'lisbon 10-26T01:00Z',
      'lisbon 10-26T01:30Z',
      'berlin 10-26T01:30Z',
      'utc 10-26T02:30Z',
    ].map((fired) => `${fired} for ${fired.split(' ')[1]}`);
    expect(sent.toSorted()).toEqual(expected.toSorted());
  });

  test('skips the local time that a change of clocks skips', async () => {
    const nightly = scheduleOf({ expression: 'cron(30 2 * * ? *)', time_zone: 'Europe/Berlin' });
    const { time, sent, scheduler } = simulate({ nightly }, '2026-03-28T01:00:00Z');
    scheduler.start(ignore);
    await time.advance(48 * hourMs);
    await scheduler.close();
    expect(sent).toEqual(['nightly 03-28T01:30Z for 03-28T01:30Z', 'nightly 03-30T00:30Z for 03-30T00:30Z']);
  });

  test('fires somewhere in its flexible window, and its fire time stays; windows may overlap', async () => {
    const flexible = scheduleOf({ expression: 'rate(10 minutes)', flexible_window_minutes: 40 });
    const { time, sent, scheduler } = simulate({ flexible }, '2026-11-27T06:00:00Z', () => 0.5);
    scheduler.start(ignore);
    await time.advance(0.5 * hourMs);
    await scheduler.close();
    expect(sent).toEqual(['flexible 11-27T06:20Z for 11-27T06:00Z', 'flexible 11-27T06:30Z for 11-27T06:10Z']);
  });

  test('fires only while it is enabled, from its start to its end', async () => {
    const expression = 'cron(0 * * * ? *)';
    const { time, sent, scheduler } = simulate(
      {
        off: scheduleOf({ expression, enabled: false }),
        over: scheduleOf({ expression, end: '2026-01-01T00:00:00Z' }),
        between: scheduleOf({ expression, start: '2026-11-27T08:00:00Z', end: '2026-11-27T09:30:00Z' }),
      },
      '2026-11-27T06:00:00Z',
    );
    const statuses = scheduler.start(ignore);
    expect(statuses.map(({ name, nextMs }) => [name, nextMs])).toEqual([
      ['off', undefined],
      ['over', undefined],
      ['between', Date.parse('2026-11-27T08:00:00Z')],
    ]);
    await time.advance(6 * hourMs);
    await scheduler.close();
    expect(sent).toEqual(['between 11-27T08:00Z for 11-27T08:00Z', 'between 11-27T09:00Z for 11-27T09:00Z']);
  });

  test('leaves out what the machine slept through, and goes on', async () => {
    const hourly = scheduleOf({ expression: 'cron(0 * * * ? *)' });
    const { time, sent, scheduler, sleepUntil } = simulate({ hourly }, '2026-11-27T05:30:00Z');
    scheduler.start(ignore);
    await time.advance(hourMs);
    sleepUntil('2026-11-27T10:00:30Z');
    await time.advance(5 * hourMs);
    await scheduler.close();
    expect(sent).toEqual([
      'hourly 11-27T06:00Z for 11-27T06:00Z',
      // Half a minute late is in time.
      'hourly 2026-11-27T10:00:30.000Z for 11-27T10:00Z',
      'hourly 11-27T11:00Z for 11-27T11:00Z',
    ]);
  });

  test('tells what has fired, and why something could not', async () => {
    const time = createTime(createRandom(1), Date.parse('2026-11-27T06:00:00Z'));
    const told: Fired[] = [];
    const outcomes = [() => Promise.resolve(), () => Promise.reject(new Error('SQS is away'))];
    const scheduler = createScheduler({
      schedules: { minutely: scheduleOf({ expression: 'rate(1 minute)' }) },
      send: () => outcomes.shift()?.() ?? Promise.resolve(),
      now: time.now,
      pause: (ms) => time.after(ms),
      random: () => 0,
    });
    scheduler.start((fired) => told.push(fired));
    await time.advance(2 * 60_000);
    expect(told.map(({ name, fireTime, fault }) => [name, fireTime, fault instanceof Error])).toEqual([
      ['minutely', '2026-11-27T06:00:00Z', false],
      ['minutely', '2026-11-27T06:01:00Z', true],
      ['minutely', '2026-11-27T06:02:00Z', false],
    ]);
  });
});

describe('firing now', () => {
  test('is for this very second, and not only for what is enabled', async () => {
    const off = scheduleOf({ expression: 'rate(1 day)', enabled: false });
    const { sent, scheduler } = simulate({ off }, '2026-11-27T06:00:12.345Z');
    expect(await scheduler.fireNow('off')).toEqual({ name: 'off', schedule: off, fireTime: '2026-11-27T06:00:12Z' });
    expect(sent).toEqual(['off 2026-11-27T06:00:12.345Z for 2026-11-27T06:00:12.000Z']);
  });

  test.each(['none', 'toString', '__proto__', ''])('of %o, which there is not, sends nothing', async (name) => {
    const { sent, scheduler } = simulate({}, '2026-11-27T06:00:00Z');
    expect(await scheduler.fireNow(name)).toBeUndefined();
    expect(sent).toEqual([]);
  });
});
