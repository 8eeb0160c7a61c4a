import { type Block, createBlockQueue } from './block-queue.ts';
import { createByteSource } from './byte-source.ts';
import { createWorkbookParts, type PartFacts } from './workbook-parts.ts';
import { readZip } from './zip-stream.ts';

/** A workbook that is judged while its blocks come. */
export interface Judging {
  /** Whose memory a block is goes with it. */
  readonly put: (block: Block) => void;
  /** No more blocks come. */
  readonly end: () => void;
  /** Nobody wants to know any more. */
  readonly abandon: () => void;
  /** What is known of the workbook at its end; fails as soon as it is known not to be sound. */
  readonly judged: Promise<PartFacts>;
}

/** `onRead` is given back the memory that nobody reads any more. */
export type BeginJudging = (onRead: (memory: ArrayBuffer) => void) => Judging;

/** Judges ZIP, parts and sheets (`readZip`, `sheetsOf`) on the thread that it is called on, in constant memory. */
export const judgeHere: BeginJudging = (onRead) => {
  const queue = createBlockQueue(onRead);
  return {
    put: queue.put,
    end: queue.end,
    abandon: () => {
      queue.fail(new Error('the workbook is not read any further'));
    },
    judged: judge(queue.blocks),
  };
};

async function judge(blocks: AsyncIterable<Buffer>): Promise<PartFacts> {
  const parts = createWorkbookParts();
  await readZip(createByteSource(blocks), parts.openEntry);
  return parts.facts();
}
