import { describe, expect, test } from 'vitest';
import { createRandom, type Distribution, meanOf, varianceOf } from '../../../bench/scale/random.ts';
import { mean, quantile } from '../../../bench/scale/statistics.ts';

function drawn(distribution: Distribution, draws = 200_000): readonly number[] {
  const random = createRandom(1);
  return Array.from({ length: draws }, () => random.drawn(distribution));
}

describe('numbers drawn at random', () => {
  test.each<[Distribution, tolerance: number]>([
    [{ kind: 'exponential', mean: 7 }, 0.01],
    [{ kind: 'log-normal', median: 4, p95: 20 }, 0.02],
    [{ kind: 'log-normal', median: 0.5, p95: 4 }, 0.03],
    [{ kind: 'fixed', value: 3 }, 0],
  ])('of %o have its mean and its variance', (distribution, tolerance) => {
    const values = drawn(distribution);
    const average = mean(values);
    const variance = mean(values.map((value) => (value - average) ** 2));
    expect(Math.abs(average / meanOf(distribution) - 1)).toBeLessThanOrEqual(tolerance);
    // A heavy tail makes the variance of a sample uncertain.
    expect(Math.abs(variance - varianceOf(distribution))).toBeLessThanOrEqual(
      15 * tolerance * meanOf(distribution) ** 2,
    );
  });

  test('of a log-normal distribution lie half under its median and 95 of 100 under its p95', () => {
    const values = drawn({ kind: 'log-normal', median: 4, p95: 20 });
    expect(quantile(values, 0.5)).toBeCloseTo(4, 1);
    expect(Math.abs(quantile(values, 0.95) / 20 - 1)).toBeLessThan(0.02);
  });

  test('are the same for the same seed, and others for another', () => {
    const [first, again, other] = [7, 7, 8]
      .map((seed) => createRandom(seed))
      .map(({ uniform }) => [uniform(), uniform()]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});

describe('quantile', () => {
  test.each([
    [0, 1],
    [0.5, 2],
    [0.75, 3],
    [0.76, 4],
    [1, 4],
  ])('%f of 4, 3, 2, 1 is %i', (share, value) => {
    expect(quantile([4, 3, 2, 1], share)).toBe(value);
  });
});
