import { expect, test } from 'vitest';
import { deployment } from '../../../bench/scale/deployment.ts';
import { watchUntil } from '../../../bench/scale/looks.ts';

// The create's own four calls take 0.4 s; a look 0.1 s; the pauses are 0.1, 0.15, 0.225, 0.3375, … up to 1 s.
test.each([
  ['before the first look', 0.3, { looks: 1, calls: 1, heldSeconds: 0.5, isCreated: true }],
  ['during the first look', 0.45, { looks: 2, calls: 1, heldSeconds: 0.7, isCreated: true }],
  ['between the second look and the third', 0.8, { looks: 3, calls: 1, heldSeconds: 0.95, isCreated: true }],
])('an export that ends %s is seen by the next one', (_name, endSeconds, expected) => {
  const watch = watchUntil(endSeconds);
  expect(deployment.awsCallSeconds).toBe(0.1);
  expect({ ...watch, heldSeconds: Number(watch.heldSeconds.toFixed(6)) }).toEqual(expected);
});

test('a create answers 201 until its 26 s are over, and then a wait of 20 s follows 2 s later', () => {
  expect(watchUntil(25.9)).toMatchObject({ calls: 1, isCreated: true });
  const watch = watchUntil(28);
  expect(watch).toMatchObject({ calls: 2, isCreated: false });
  // The second call begins at 28.1 s and sees the end at once.
  expect(watch.heldSeconds).toBeCloseTo(26.2, 1);
});

test('who waits an hour makes a call every 22 s and looks nearly once a second', () => {
  const { calls, looks, heldSeconds } = watchUntil(3_600);
  expect(calls).toBe(163);
  expect(heldSeconds / 3_600).toBeCloseTo(20 / 22, 2);
  expect(looks / heldSeconds).toBeGreaterThan(0.9);
  expect(looks / heldSeconds).toBeLessThan(1.3);
});
