import { describe, expect, test } from 'vitest';
import { createRings } from '../../../../functions/export/store/ring.ts';
import { partBytes } from '../../../../functions/export/store/part.ts';

const takeThree = async (ring: ReturnType<ReturnType<typeof createRings>>) => [
  await ring.take(),
  await ring.take(),
  await ring.take(),
];

describe('a ring', () => {
  test('has three buffers of a part each, and gives the fourth once one is back', async () => {
    const ring = createRings()();
    const [first, second, third] = await takeThree(ring);
    expect([first, second, third].map((buffer) => buffer?.byteLength)).toEqual([partBytes, partBytes, partBytes]);
    const fourth = ring.take();
    const early = await Promise.race([fourth, Promise.resolve('waits')]);
    expect(early).toBe('waits');
    if (second) ring.give(second);
    expect(await fourth).toBe(second);
  });

  test('gives out what came back', async () => {
    const ring = createRings()();
    const [first, , third] = await takeThree(ring);
    if (first) ring.give(first);
    if (third) ring.give(third);
    expect(new Set([await ring.take(), await ring.take()])).toEqual(new Set([first, third]));
  });

  test('after another one has its buffers, given back or not', async () => {
    const openRing = createRings();
    const ring = openRing();
    const buffers = await takeThree(ring);
    ring.close();
    const next = await takeThree(openRing());
    expect(new Set(next)).toEqual(new Set(buffers));
  });

  test('beside others has buffers of its own, and those of one ring are kept', async () => {
    const openRing = createRings();
    const rings = [openRing(), openRing()];
    const taken = new Set((await Promise.all(rings.map(takeThree))).flat());
    expect(taken.size).toBe(6);
    for (const ring of rings) ring.close();
    const again = (await Promise.all([takeThree(openRing()), takeThree(openRing())])).flat();
    expect(again.filter((buffer) => taken.has(buffer))).toHaveLength(3);
  });
});
