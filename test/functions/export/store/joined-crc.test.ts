import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJoinedCrc } from '../../../../functions/export/store/joined-crc.ts';

const seed = 20261126;

test('nothing has the CRC-32 of nothing', () => {
  expect(createJoinedCrc().crc()).toBe(0);
});

test('pieces of any sizes have the CRC-32 of the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }), (pieces) => {
      const joined = createJoinedCrc();
      for (const piece of pieces) joined.add(crc32(piece), piece.length);
      expect(joined.crc()).toBe(crc32(Buffer.concat(pieces)));
    }),
    { seed, numRuns: 500 },
  );
});

test('a piece of 5 GiB counts with its whole length', () => {
  const block = Buffer.alloc(16 * 1024 * 1024);
  const [zeros, one, inBlocks] = [createJoinedCrc(), createJoinedCrc(), createJoinedCrc()];
  for (const joined of [one, inBlocks]) joined.add(crc32('x'), 1);
  const blockCrc = crc32(block);
  for (let count = 0; count < 320; count += 1) {
    zeros.add(blockCrc, block.length);
    inBlocks.add(blockCrc, block.length);
  }
  one.add(zeros.crc(), 320 * block.length);
  expect(one.crc()).toBe(inBlocks.crc());
});
