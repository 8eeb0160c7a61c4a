import { describe, expect, test } from 'vitest';
import { latestFindsUpToPerHour } from '../../../bench/scale/first-to-give-way.ts';
import { drainSeconds, overloadOf } from '../../../bench/scale/overload.ts';

describe('latest', () => {
  test('finds a ready export as long as the hundredth newest has had the time to end', () => {
    // All take 36 s: the hundredth newest is 36 s old at 10,000 an hour.
    expect(latestFindsUpToPerHour([36, 36, 36])).toBeGreaterThan(9_980);
    expect(latestFindsUpToPerHour([36, 36, 36])).toBeLessThan(10_020);
  });

  test('finds one longer where some exports are quick', () => {
    expect(latestFindsUpToPerHour([1, 36, 36, 36])).toBeGreaterThan(100_000);
  });
});

describe('overload', () => {
  test('ages the queue by what cannot be run, and loses that share once messages end', () => {
    const overload = overloadOf(2, 1);
    expect(overload.load).toBe(2);
    expect(overload.ageAfterSeconds(3_600)).toBe(1_800);
    expect(overload.losesAfterSeconds).toBe(8 * 86_400);
    expect(overload.ageAfterSeconds(30 * 86_400)).toBe(4 * 86_400);
    expect(overload.lostShare).toBe(0.5);
  });

  test('does not happen where all can be run', () => {
    expect(overloadOf(1, 2).ageAfterSeconds(1e9)).toBe(0);
    expect(overloadOf(1, 2).losesAfterSeconds).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    [3_600, 1, 2, 3_600],
    [3_600, 1, 1, Number.POSITIVE_INFINITY],
    [0, 1, 2, 0],
  ])('a backlog of %i drains with what is to spare', (backlog, asked, run, seconds) => {
    expect(drainSeconds(backlog, asked, run)).toBe(seconds);
  });
});
