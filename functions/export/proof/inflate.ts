import { createInflateRaw } from 'node:zlib';
import { freeMemory } from '../free-memory.ts';
import type { ByteSource } from './byte-source.ts';

/**
 * How much is inflated between two looks at it. Every look costs a change of threads: measured on sheet XML, 64 KiB took half as much
 * processor time again as 512 KiB, 1 MiB no less.
 */
const inflatedBlockBytes = 512 * 1024;

/**
 * Inflates from where the source stands to where the deflate data itself says that it ends, and leaves the source there.
 * Answers how many bytes it took. While a block is looked at, zlib's own thread inflates the next.
 */
export async function inflateFrom(source: ByteSource, onBlock: (block: Buffer) => void): Promise<number> {
  const inflate = createInflateRaw({ chunkSize: inflatedBlockBytes });
  let skipped = 0;

  /** Goes past what zlib has taken since the last time. */
  function advance(): number {
    const taken = inflate.bytesWritten - skipped;
    source.skip(taken);
    skipped += taken;
    return taken;
  }

  async function feed(): Promise<void> {
    for (;;) {
      const block = await source.ahead();
      if (block.length === 0) {
        inflate.end();
        return;
      }
      await new Promise<void>((resolve, reject) => {
        inflate.write(block, (error) => (error ? reject(error) : resolve()));
      });
      // Behind the end of its data zlib takes nothing more.
      if (advance() < block.length) return;
    }
  }

  feed().catch((error: Error) => inflate.destroy(error));
  const inflated: AsyncIterable<Buffer> = inflate;
  /** zlib writes on into its memory. */
  let open: Buffer | undefined;
  for await (const block of inflated) {
    onBlock(block);
    open = reachesEnd(block) ? undefined : block;
    if (!open) freeBuffer(block);
  }
  if (open) freeBuffer(open);
  advance();
  return inflate.bytesWritten;
}

function reachesEnd({ buffer, byteOffset, byteLength }: Buffer): boolean {
  return byteOffset + byteLength === buffer.byteLength;
}

/** The whole memory that zlib has written to, of which a block is the last piece. */
function freeBuffer({ buffer }: Buffer): void {
  freeMemory(new Uint8Array(buffer));
}
