import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { processorsOf } from '../../../functions/export/processors.ts';

test.each([
  [512, 0.289],
  [1769, 1],
  [3538, 2],
])('Lambda gives a function of %i MB %d processors', (megabytes, processors) => {
  expect(processorsOf(megabytes)).toBeCloseTo(processors, 3);
});

test('outside of Lambda there is what the machine has', () => {
  expect(processorsOf(undefined)).toBe(availableParallelism());
});
