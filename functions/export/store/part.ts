import type { Ring } from './ring.ts';

/** A piece of a workbook in a buffer of the ring. Who is given it gives the buffer back. */
export interface Part {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
  readonly buffer: Buffer;
  readonly isLast: boolean;
}

/** S3 wants at least 5 MiB of every part but the last, and takes 10,000 parts: 78 GiB. */
export const partBytes = 8 * 1024 * 1024;

/**
 * Cuts chunks of any size into full parts and a last one. Chunks are copied at once; where the ring has no free buffer the
 * source waits. Fails with the source's own errors, and for a source without bytes.
 */
export async function* cutIntoParts(
  chunks: AsyncIterable<Uint8Array>,
  ring: Pick<Ring, 'take'>,
  onBytes: (bytes: number) => void = () => undefined,
): AsyncGenerator<Part> {
  let buffer = await ring.take();
  let filled = 0;
  let number = 1;
  let bytes = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      // A full part waits for one byte more, since the last one is told apart.
      if (filled === partBytes) {
        yield { number, bytes: buffer, buffer, isLast: false };
        buffer = await ring.take();
        filled = 0;
        number += 1;
      }
      const copied = Math.min(partBytes - filled, chunk.byteLength - at);
      buffer.set(copied === chunk.byteLength ? chunk : chunk.subarray(at, at + copied), filled);
      filled += copied;
      at += copied;
    }
    bytes += chunk.byteLength;
    onBytes(bytes);
  }
  if (filled === 0) throw new Error('there is nothing to store: the source has no bytes');
  yield { number, bytes: buffer.subarray(0, filled), buffer, isLast: true };
}
