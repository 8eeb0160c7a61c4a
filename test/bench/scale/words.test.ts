import { expect, test } from 'vitest';
import { amount, dollars, duration, number, percent } from '../../../bench/scale/words.ts';

test.each([
  [number(0), '0'],
  [number(1_234_567.8), '1,234,568'],
  [number(99.44), '99.4'],
  [number(0.012345), '0.0123'],
  [number(Number.POSITIVE_INFINITY), '-'],
  [amount(1, 'dashboards'), '1 dashboard'],
  [amount(0.999999, 'GB-months'), '1 GB-month'],
  [amount(1, 'GB-s'), '1 GB-s'],
  [amount(1, 'PUT, POST, LIST'), '1 PUT, POST, LIST'],
  [amount(0.5, 'keys'), '0.5 keys'],
  [amount(1_000, 'calls'), '1,000 calls'],
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
