import * as fc from 'fast-check';

/** One way to spoil a file. Places are fractions, so that they fit files of any length. */
export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bits: number }
  | { readonly kind: 'cut'; readonly at: number; readonly bytes: number }
  | { readonly kind: 'insert'; readonly at: number; readonly noise: Uint8Array }
  | { readonly kind: 'copy'; readonly from: number; readonly at: number; readonly bytes: number };

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** A flip of one byte, most of the time; else a piece that is cut out, put in, or copied over another from the same file. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('flip' as const), at: place, bits: fc.integer({ min: 1, max: 255 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place, bytes: fc.integer({ min: 1, max: 300 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      at: place,
      noise: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('copy' as const),
      from: place,
      at: place,
      bytes: fc.integer({ min: 1, max: 300 }),
    }),
  },
);

export function mutated(bytes: Buffer, change: Mutation): Buffer {
  const at = Math.floor(change.at * bytes.length);
  switch (change.kind) {
    case 'flip': {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ change.bits;
      return flipped;
    }
    case 'cut':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.bytes)]);
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), change.noise, bytes.subarray(at)]);
    case 'copy': {
      const spliced = Buffer.from(bytes);
      const from = Math.floor(change.from * bytes.length);
      spliced.set(bytes.subarray(from, Math.min(from + change.bytes, from + bytes.length - at)), at);
      return spliced;
    }
  }
}
