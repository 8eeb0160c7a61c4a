import { createHash } from 'node:crypto';
import { ExportFailure } from '../../ledger/failure.ts';
import { judgeHere } from './judge.ts';
import { createJudgement, type Judgement } from './judgement.ts';
import { createJudgeThread } from './judge-thread.ts';
import type { PartFacts } from './workbook-parts.ts';

export type { SheetFacts } from './workbook-sheets.ts';

/** What is known of a workbook once its last byte has passed and held. */
export interface ProvenFacts extends PartFacts {
  readonly bytes: number;
  /** Hex, of the file. */
  readonly sha256: string;
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

export type ProveWorkbook = (body: AsyncIterable<Uint8Array>, maximumBytes: number) => Proof;

/** So that judging is begun seldom, and 100-byte chunks cost little more than their own iteration. */
const blockBytes = 256 * 1024;
/** One is filled, one is read, two wait. */
const blocks = 4;

/**
 * Judges on the way, up to four blocks behind what is passed on, in constant memory. Where there is more than one processor, a workbook of
 * more than 1 MiB is judged on a thread beside this one, which goes on carrying bytes: of 1 GiB that saves a fifth of the time.
 * A smaller one is judged here, at its end, before the thread would have started; and one processor only loses by a second thread.
 */
export function createProveWorkbook(
  processors: number,
  { judge = judgeHere, judgeLarge = processors > 1 ? createJudgeThread() : undefined } = {},
): ProveWorkbook {
  return (body, maximumBytes) =>
    proveWorkbook(body, maximumBytes, createJudgement({ judge, judgeLarge, mostBlocks: blocks, blockBytes }));
}

function proveWorkbook(body: AsyncIterable<Uint8Array>, maximumBytes: number, judgement: Judgement): Proof {
  let facts: ProvenFacts | undefined;

  async function* judged(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let bytes = 0;
    let block: Buffer<ArrayBuffer> | undefined;
    let filled = 0;

    function* passOn(filledBlock: Buffer<ArrayBuffer>): Generator<Uint8Array> {
      const passed = filledBlock.subarray(0, filled);
      hash.update(passed);
      yield passed;
      judgement.put({ memory: filledBlock.buffer, bytes: filled });
      block = undefined;
      filled = 0;
    }

    try {
      for await (const chunk of body) {
        bytes += chunk.byteLength;
        if (bytes > maximumBytes) {
          throw new ExportFailure('workbook-too-large', `The workbook has more than ${maximumBytes} bytes.`);
        }
        let at = 0;
        while (at < chunk.byteLength) {
          block ??= Buffer.from(await judgement.claim());
          const end = Math.min(chunk.byteLength, at + block.length - filled);
          block.set(at === 0 && end === chunk.byteLength ? chunk : chunk.subarray(at, end), filled);
          filled += end - at;
          at = end;
          if (filled === block.length) yield* passOn(block);
        }
      }
      if (bytes === 0) throw new ExportFailure('workbook-unsound', 'Knosc sent an empty answer.');
      if (block) yield* passOn(block);
      facts = { bytes, sha256: hash.digest('hex'), ...(await judgement.end()) };
    } finally {
      judgement.abandon();
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
