import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { meanWaitSeconds, shareWaitingLongerThan, shareWhoWait } from '../../../bench/scale/erlang.ts';
import { parseMeasuredCalls } from '../../../bench/scale/measured-calls.ts';
import { reckonedAftermath } from '../../../bench/scale/outage-table.ts';
import { overloadOf } from '../../../bench/scale/overload.ts';
import { meanOf, varianceOf } from '../../../bench/scale/random.ts';
import {
  meanRunSeconds,
  origins,
  type Outage,
  type Scenario,
  steadily,
  usualScenario,
} from '../../../bench/scale/scenario.ts';
import { type Observations, simulate } from '../../../bench/scale/simulate.ts';
import { concurrencyFor } from '../../../bench/scale/staffing.ts';
import { mean } from '../../../bench/scale/statistics.ts';

const results = readFileSync(new URL('../../../bench/RESULTS.md', import.meta.url), 'utf8');
const usual = usualScenario(parseMeasuredCalls(results));

/** Nothing but a queue and its servers: no transfer, no calls of our own, no end of patience. */
const bare: Scenario = {
  ...usual,
  workbookMebibytes: { kind: 'fixed', value: 0 },
  deliverySeconds: 0,
  overheadSeconds: 0,
  deadlineSeconds: Number.POSITIVE_INFINITY,
};

const waitsOf = ({ exports }: Observations) => exports.map(({ askedAt, startedAt }) => startedAt - askedAt);
/** How far a value strays from what is expected, as a share of it. */
const strayOf = (value: number, expected: number) => Math.abs(value / expected - 1);

/** Means over several seeds: one run's mean wait strays by a tenth where functions are many and busy. */
const seeds = [101, 7_919, 104_729, 1_299_709];

describe('the simulation, as a queue with exponential runs (M/M/c)', () => {
  test.each([
    [1, 0.5, 0.06],
    [1, 0.8, 0.08],
    [5, 0.7, 0.08],
    [20, 0.9, 0.15],
  ])('of %i functions, %f of them busy, has the waits of Erlang C', (maximumConcurrency, busyShare, tolerance) => {
    const queue = {
      arrivalsPerSecond: maximumConcurrency * busyShare,
      meanServiceSeconds: 1,
      servers: maximumConcurrency,
    };
    const load = steadily(bare, queue.arrivalsPerSecond * 3_600, 60_000);
    const originSeconds = { kind: 'exponential', mean: 1 } as const;
    const seen = seeds.map((seed) => simulate({ ...load, seed, maximumConcurrency, originSeconds }));
    const waits = seen.flatMap(waitsOf);
    expect(strayOf(mean(waits), meanWaitSeconds(queue))).toBeLessThan(tolerance);
    expect(strayOf(waits.filter((wait) => wait > 0).length / waits.length, shareWhoWait(queue))).toBeLessThan(0.04);
    expect(
      strayOf(waits.filter((wait) => wait > 0.25).length / waits.length, shareWaitingLongerThan(0.25, queue)),
    ).toBeLessThan(tolerance);
    expect(strayOf(mean(seen.map((one) => one.busyShare)), busyShare)).toBeLessThan(0.02);
  });
});

describe('the simulation', () => {
  test('of one function and runs of any length has the mean wait of Pollaczek and Khinchine (M/G/1)', () => {
    const originSeconds = { kind: 'log-normal', median: 1, p95: 3 } as const;
    const [runSeconds, variance] = [meanOf(originSeconds), varianceOf(originSeconds)];
    const arrivalsPerSecond = 0.6 / runSeconds;
    const load = steadily(bare, arrivalsPerSecond * 3_600, 150_000);
    const seen = simulate({ ...load, maximumConcurrency: 1, originSeconds });
    const expected = (arrivalsPerSecond * (variance + runSeconds ** 2)) / (2 * (1 - 0.6));
    expect(strayOf(mean(waitsOf(seen)), expected)).toBeLessThan(0.08);
  });

  test.each(['quick', 'usual', 'slow'] as const)(
    "keeps Little's law when Knosc is %s: open exports are the rate times their time",
    (origin) => {
      const load = steadily({ ...usual, originSeconds: origins[origin] }, 1_000);
      const seen = simulate({ ...load, maximumConcurrency: concurrencyFor(load) });
      const totalSeconds = mean(seen.exports.map(({ askedAt, endedAt }) => endedAt - askedAt));
      const perSecond = seen.exports.length / (load.arrivalSeconds - load.warmUpSeconds);
      expect(strayOf(seen.meanOpenExports, perSecond * totalSeconds)).toBeLessThan(0.01);
      expect(strayOf(perSecond, 1_000 / 3_600)).toBeLessThan(0.03);
    },
  );

  test('runs as long as Knosc, transfer and our calls together take', () => {
    const { exports } = simulate(steadily(usual, 10));
    expect(
      strayOf(mean(exports.map(({ startedAt, endedAt }) => endedAt - startedAt)), meanRunSeconds(usual)),
    ).toBeLessThan(0.02);
  });

  test('never runs more exports at once than it may, and begins them in the order in which they were asked for', () => {
    const { exports } = simulate({ ...steadily(usual, 2_000, 3_000), warmUpSeconds: 0, maximumConcurrency: 3 });
    const moments = exports.flatMap(({ startedAt, endedAt }) => [
      { at: startedAt, change: 1 },
      { at: endedAt, change: -1 },
    ]);
    let running = 0;
    let most = 0;
    for (const { change } of moments.toSorted((a, b) => a.at - b.at || a.change - b.change)) {
      running += change;
      most = Math.max(most, running);
    }
    expect(most).toBe(3);
    const begun = exports.toSorted((a, b) => a.askedAt - b.askedAt).map(({ startedAt }) => startedAt);
    expect(begun).toEqual(begun.toSorted((a, b) => a - b));
  });

  test('gives the same for the same seed, and something else for another', () => {
    const scenario = steadily(usual, 1_000, 500);
    expect(simulate(scenario)).toEqual(simulate(scenario));
    expect(simulate(scenario)).not.toEqual(simulate({ ...scenario, seed: 2 }));
  });

  test('lets the oldest message of an overloaded queue grow as old as arithmetic says', () => {
    const arrivalSeconds = 20 * 3_600;
    const seen = simulate({ ...usual, exportsPerHour: 4_000, arrivalSeconds, warmUpSeconds: 0 });
    const overload = overloadOf(4_000 / 3_600, usual.maximumConcurrency / meanRunSeconds(usual));
    const oldestAtEnd = Math.max(
      ...seen.exports
        .filter(({ startedAt }) => startedAt <= arrivalSeconds)
        .map(({ askedAt, startedAt }) => startedAt - askedAt),
    );
    expect(strayOf(oldestAtEnd, overload.ageAfterSeconds(arrivalSeconds))).toBeLessThan(0.05);
  });
});

describe('a Knosc that runs only ten exports at once', () => {
  const load = { ...steadily(usual, 3_000, 5_000), originCapacity: 10 };

  test.each([8, 10])('refuses nothing while maximum_concurrency is %i', (maximumConcurrency) => {
    const { exports } = simulate({ ...load, maximumConcurrency });
    expect(exports.every(({ isReady, tries }) => isReady && tries === 1)).toBe(true);
  });

  test('refuses some as soon as there is one function more', () => {
    const { exports } = simulate({ ...load, exportsPerHour: 6_000, maximumConcurrency: 11 });
    expect(exports.some(({ tries }) => tries > 1)).toBe(true);
  });

  test('makes exports fail, and be tried three times, when there are more functions', () => {
    const { exports } = simulate({ ...load, maximumConcurrency: 30, originCapacity: 5 });
    const failed = exports.filter(({ isReady }) => !isReady);
    expect(failed.length).toBeGreaterThan(100);
    expect(failed.every(({ tries }) => tries === 3)).toBe(true);
  });
});

describe('an outage of an hour', () => {
  const outage = (kind: Outage['kind']) => ({ kind, startsAtSeconds: 3_600, endsAtSeconds: 7_200 });
  // A seed of whose exports none runs for so long when the outage begins that its function misses the last round of deadlines.
  const scenario = { ...usual, seed: 1, exportsPerHour: 1_500, arrivalSeconds: 12 * 3_600, warmUpSeconds: 0 };
  const failedOf = ({ exports }: Observations) => exports.filter(({ isReady }) => !isReady);

  test('of the export function loses nothing, and the backlog drains with what capacity is to spare', () => {
    const seen = simulate({ ...scenario, outage: outage('stops') });
    const reckoned = reckonedAftermath(scenario, 'stops');
    expect(failedOf(seen)).toEqual([]);
    expect(strayOf((seen.drainedAtSeconds ?? 0) - 7_200, reckoned.drainSeconds)).toBeLessThan(0.15);
    expect(strayOf(seen.peakQueued, reckoned.peakQueued)).toBeLessThan(0.1);
    expect(strayOf(seen.longestQueueSeconds, 3_600)).toBeLessThan(0.02);
  });

  test('of a Knosc that hangs holds every function to its deadline: few fail, many wait', () => {
    const seen = simulate({ ...scenario, outage: outage('hangs') });
    const reckoned = reckonedAftermath(scenario, 'hangs');
    expect(failedOf(seen)).toHaveLength(reckoned.failed);
    for (const { startedAt, endedAt } of failedOf(seen))
      expect(endedAt - startedAt).toBeCloseTo(usual.deadlineSeconds, 6);
    expect(strayOf((seen.drainedAtSeconds ?? 0) - 7_200, reckoned.drainSeconds)).toBeLessThan(0.15);
    expect(strayOf(seen.longestQueueSeconds, reckoned.longestQueueSeconds)).toBeLessThan(0.05);
  });

  test('of a Knosc that refuses makes that hour fail within its tries, and nothing wait', () => {
    const seen = simulate({ ...scenario, outage: outage('refuses') });
    expect(strayOf(failedOf(seen).length, 1_500)).toBeLessThan(0.06);
    const longest = usual.longestTryWaitsSeconds.reduce((sum, seconds) => sum + seconds, usual.overheadSeconds);
    for (const { startedAt, endedAt, tries } of failedOf(seen)) {
      expect(tries).toBe(3);
      expect(endedAt - startedAt).toBeLessThanOrEqual(longest);
    }
  });
});
