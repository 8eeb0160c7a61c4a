import { createHash } from 'node:crypto';
import { ExportFailure } from '../../ledger/failure.ts';
import { createBlockQueue } from './block-queue.ts';
import { createByteSource } from './byte-source.ts';
import { createWorkbookParts } from './workbook-parts.ts';
import type { SheetFacts } from './workbook-sheets.ts';
import { readZip } from './zip-stream.ts';

export type { SheetFacts } from './workbook-sheets.ts';

/** What is known of a workbook once its last byte has passed and held. */
export interface ProvenFacts {
  readonly bytes: number;
  /** Hex, of the file. */
  readonly sha256: string;
  /** Hex, of the parts: see `contentHash`. */
  readonly contentHash: string;
  readonly sheets: readonly SheetFacts[];
}

/** Passes a workbook's bytes on while it judges them. Whoever reads to the end without an error holds a whole workbook. */
export interface Proof {
  /**
   * The same bytes in blocks of 256 KiB, whatever the body's chunks were. A block is valid until the next one is asked for. Throws
   * `workbook-unsound` or `workbook-too-large` at the latest in place of the end, so that an upload fed by it never completes.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Throws unless `chunks` was read to its end. */
  facts(): ProvenFacts;
}

/** So that zlib is called seldom, and 100-byte chunks cost little more than their own iteration. */
const blockBytes = 256 * 1024;
/** One is filled, one is passed on, two wait to be judged. */
const blocks = 4;

/**
 * Judges ZIP, parts and sheets (`readZip`, `sheetsOf`) in constant memory, on the way and one to three blocks behind what is
 * passed on.
 */
export function proveWorkbook(body: AsyncIterable<Uint8Array>, maximumBytes: number): Proof {
  let facts: ProvenFacts | undefined;

  async function* judged(): AsyncGenerator<Uint8Array> {
    const queue = createBlockQueue(blocks, blockBytes);
    const parts = createWorkbookParts();
    // Its failure is told by `claim`, or at the end.
    const judgement = readZip(createByteSource(queue.blocks), parts.openEntry).then(
      () => undefined,
      (error: unknown) => {
        queue.fail(error);
        return { error };
      },
    );
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      let block = await queue.claim();
      let filled = 0;
      const pass = () => {
        const passed = block.subarray(0, filled);
        hash.update(passed);
        queue.put(block, filled);
        filled = 0;
        return passed;
      };
      for await (const chunk of body) {
        bytes += chunk.byteLength;
        if (bytes > maximumBytes) {
          throw new ExportFailure('workbook-too-large', `The workbook has more than ${maximumBytes} bytes.`);
        }
        let at = 0;
        while (at < chunk.byteLength) {
          const end = Math.min(chunk.byteLength, at + block.length - filled);
          block.set(at === 0 && end === chunk.byteLength ? chunk : chunk.subarray(at, end), filled);
          filled += end - at;
          at = end;
          if (filled < block.length) continue;
          yield pass();
          block = await queue.claim();
        }
      }
      if (bytes === 0) throw new ExportFailure('workbook-unsound', 'Knosc sent an empty answer.');
      if (filled > 0) yield pass();
      queue.end();
      const failed = await judgement;
      if (failed) throw failed.error;
      facts = { bytes, sha256: hash.digest('hex'), ...parts.facts() };
    } finally {
      queue.fail(new Error('the workbook is not read any further'));
      await judgement;
    }
  }

  return {
    chunks: judged(),
    facts: () => {
      if (!facts) throw new Error('the proof was asked for before the workbook had ended');
      return facts;
    },
  };
}
