import { partBytes } from './part.ts';

/** The buffers of one upload, used again and again: one is filled while the others are on their way to S3. */
export interface Ring {
  /** A buffer of `partBytes`, once one is free. For one caller at a time. */
  readonly take: () => Promise<Buffer>;
  readonly give: (buffer: Buffer) => void;
  /** Nobody may use the ring or its buffers any more. */
  readonly close: () => void;
}

// Medians of 16 uploads of 64 MiB: 1.05 s with two, 0.94 with three, 0.86 with four; each costs 8 MiB.
const ringParts = 3;

/**
 * A function instance runs one upload at a time, and all its uploads use the same buffers; memory is taken when the first
 * workbook needs it. Where several run at once, as they do locally, each has a ring of its own: none waits for another,
 * and the buffers of one ring are kept in the end.
 */
export function createRings(): () => Ring {
  const kept: Buffer[] = [];

  return () => {
    const own: Buffer[] = [];
    const free: Buffer[] = [];
    let wanted: PromiseWithResolvers<Buffer> | undefined;

    return {
      take: async () => {
        const buffer = free.pop();
        if (buffer) return buffer;
        if (own.length === ringParts) {
          wanted = Promise.withResolvers();
          return wanted.promise;
        }
        const added = kept.pop() ?? Buffer.allocUnsafeSlow(partBytes);
        own.push(added);
        return added;
      },
      give: (buffer) => {
        if (wanted) wanted.resolve(buffer);
        else free.push(buffer);
        wanted = undefined;
      },
      close: () => {
        kept.push(...own.slice(0, ringParts - kept.length));
      },
    };
  };
}
