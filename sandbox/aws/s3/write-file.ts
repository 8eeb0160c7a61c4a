import { open } from 'node:fs/promises';
import { freeMemory } from '../../../functions/export/free-memory.ts';

/** As much is gathered while earlier chunks are being written: chunks of 64 KiB, written one by one, cost twice as much. */
const batchBytes = 1024 * 1024;

/** Writes a new file, and waits for it. Chunks are gone once they are written. */
export async function writeFile(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'wx');
  let writing: Promise<void> = Promise.resolve();
  let batch: Buffer[] = [];
  let bytes = 0;

  async function writeBatch(full: readonly Buffer[], expected: number): Promise<void> {
    const { bytesWritten } = await file.writev(full);
    if (bytesWritten !== expected) throw new Error(`the system wrote ${bytesWritten} of ${expected} bytes`);
    for (const chunk of full) freeMemory(chunk);
  }

  try {
    for await (const chunk of chunks) {
      batch.push(chunk);
      bytes += chunk.length;
      if (bytes < batchBytes) continue;
      await writing;
      writing = writeBatch(batch, bytes);
      // It is awaited, and its failure told, with the next batch or at the end.
      writing.catch(() => undefined);
      batch = [];
      bytes = 0;
    }
    await writing;
    if (bytes > 0) await writeBatch(batch, bytes);
  } finally {
    await writing.catch(() => undefined);
    await file.close();
  }
}
