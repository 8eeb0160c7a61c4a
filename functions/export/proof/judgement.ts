import type { Block } from './block-queue.ts';
import { createChange } from './change.ts';
import type { BeginJudging, Judging } from './judge.ts';
import type { PartFacts } from './workbook-parts.ts';

/** A workbook on its way to be judged, in a few blocks of memory that are used again and again. */
export interface Judgement {
  /** Memory for a block, once there is some that nobody reads any more. Fails with what the workbook was found to be. */
  claim(): Promise<ArrayBuffer>;
  /** Whose memory a block is goes with it. */
  put(block: Block): void;
  /** No more blocks come. Answers what is known of the workbook, or fails with what it was found to be. */
  end(): Promise<PartFacts>;
  /** Nobody wants to know any more. */
  abandon(): void;
}

interface JudgementSettings {
  readonly judge: BeginJudging;
  /** Judges what does not fit into all blocks, if anything else is to. */
  readonly judgeLarge?: BeginJudging | undefined;
  readonly mostBlocks: number;
  readonly blockBytes: number;
}

/** Where small and large make a difference, blocks are kept until the workbook has ended, or filled all of them. */
export function createJudgement({ judge, judgeLarge, mostBlocks, blockBytes }: JudgementSettings): Judgement {
  const free: ArrayBuffer[] = [];
  let made = 0;
  const kept: Block[] = [];
  let judging: Judging | undefined;
  let failure: { readonly error: unknown } | undefined;
  const change = createChange();

  function begin(beginJudging: BeginJudging): Judging {
    const begun = beginJudging((memory) => {
      free.push(memory);
      change.tell();
    });
    begun.judged.catch((error: unknown) => {
      failure = { error };
      change.tell();
    });
    for (const block of kept) begun.put(block);
    return begun;
  }

  return {
    claim: async () => {
      for (;;) {
        if (failure) throw failure.error;
        const memory = free.pop();
        if (memory) return memory;
        if (made < mostBlocks) {
          made += 1;
          return new ArrayBuffer(blockBytes);
        }
        judging ??= begin(judgeLarge ?? judge);
        await change.next();
      }
    },
    put: (block) => {
      if (!judgeLarge) judging ??= begin(judge);
      if (judging) judging.put(block);
      else kept.push(block);
    },
    end: () => {
      judging ??= begin(judge);
      judging.end();
      return judging.judged;
    },
    abandon: () => judging?.abandon(),
  };
}
