import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinDigests, startChecksum } from '../../../sandbox/aws/s3/checksum.ts';

const seed = 20261126;

// RFC 3720 (B.4) and the NVM Express specification give these for "123456789"; for CRC-32 it is ISO 3309's.
const checkValues = { CRC32: 'cbf43926', CRC32C: 'e3069283', CRC64NVME: 'ae8b14860a799888' } as const;

describe.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)('%s', (algorithm) => {
  const digestOf = (bytes: Buffer) => {
    const running = startChecksum(algorithm);
    running.update(bytes);
    return running.digest();
  };

  test('has its check value', () => {
    expect(digestOf(Buffer.from('123456789')).toString('hex')).toBe(checkValues[algorithm]);
  });

  test('of parts of any sizes, joined, is that of the whole', () => {
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * at * 31 + at) >> 3));
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }), (cuts) => {
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const parts = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        const joined = joinDigests(
          algorithm,
          parts.map((part) => ({ digest: digestOf(part), bytes: part.length })),
        );
        expect(joined.equals(digestOf(bytes))).toBe(true);
      }),
      { seed, numRuns: 50 },
    );
  });
});
