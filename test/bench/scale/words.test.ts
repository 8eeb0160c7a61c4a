import { expect, test } from 'vitest';
import { dollars, duration, number, percent } from '../../../bench/scale/words.ts';

test.each([
  [number(0), '0'],
  [number(1_234_567.8), '1,234,568'],
  [number(99.44), '99.4'],
  [number(0.012345), '0.0123'],
  [number(Number.POSITIVE_INFINITY), '-'],
  [percent(0.5), '50 %'],
  [percent(0.00001), '< 0.01 %'],
  [percent(0), '0 %'],
  [dollars(0), '$0.00'],
  [dollars(0.001), '< $0.01'],
  [dollars(12.345), '$12.35'],
  [dollars(14_524.4), '$14,524'],
  [duration(0.3), '300 ms'],
  [duration(0.99), '1.0 s'],
  [duration(21), '21 s'],
  [duration(890), '15 min'],
  [duration(7_200), '2.0 h'],
  [duration(345_600), '4.0 days'],
  [duration(Number.POSITIVE_INFINITY), '-'],
])('%s', (told, expected) => {
  expect(told).toBe(expected);
});
