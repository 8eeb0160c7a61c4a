import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What of a ready export its workbook is fetched and proven by. */
interface LinkedWorkbook {
  readonly link: { readonly url: string };
  readonly workbook: { readonly sha256: string };
}

interface Watching {
  /** Ends the download; nothing is left of it. */
  readonly signal?: AbortSignal;
  /** Told how many bytes have come, whenever more have. */
  readonly onBytes?: (bytes: number) => void;
}

/** Downloads the workbook through its link. Nothing is left at `out` unless all of the workbook arrived and is the one that the record tells of. */
export async function saveWorkbook(ready: LinkedWorkbook, out: string, watching: Watching = {}): Promise<void> {
  const partial = `${out}.partial`;
  try {
    await download(ready, () => createWriteStream(partial), true, watching);
    await rename(partial, out);
  } catch (cause) {
    await rm(partial, { force: true });
    throw notSaved(`to ${out}`, cause);
  }
}

/** The same into an open stream, which stays open. What went into it is only known for the workbook when this resolves. */
export async function writeWorkbook(
  ready: LinkedWorkbook,
  to: NodeJS.WritableStream,
  watching: Watching = {},
): Promise<void> {
  try {
    await download(ready, () => to, false, watching);
  } catch (cause) {
    throw notSaved('to the standard output', cause);
  }
}

async function download(
  { link, workbook }: LinkedWorkbook,
  open: () => NodeJS.WritableStream,
  end: boolean,
  { signal, onBytes }: Watching,
): Promise<void> {
  const answer = await fetch(link.url, signal ? { signal } : {});
  if (answer.status !== 200 || !answer.body) throw new Error(`the link answered with status ${answer.status}`);
  const hash = createHash('sha256');
  let bytes = 0;
  const hashing = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes?.(bytes);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(answer.body), hashing, open(), { end });
  if (hash.digest('hex') !== workbook.sha256)
    throw new Error('what the link gave is not the workbook of the export (sha256)');
}

function notSaved(where: string, cause: unknown): Error {
  return new Error(
    `The workbook could not be saved ${where}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
    },
  );
}
