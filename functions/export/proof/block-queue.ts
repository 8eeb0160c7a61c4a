import { createChange } from './change.ts';

/** Some of a workbook's bytes, in memory that goes to whoever is given them. */
export interface Block {
  readonly memory: ArrayBuffer;
  /** How many there are, from the memory's beginning. */
  readonly bytes: number;
}

/** Blocks on their way from who fills them to who judges them. */
export interface BlockQueue {
  readonly put: (block: Block) => void;
  readonly end: () => void;
  /** Whoever reads on is given this error, once what was put before is read. */
  readonly fail: (error: unknown) => void;
  /** What was put, in order. A block is valid until the next one is asked for. */
  readonly blocks: AsyncIterable<Buffer>;
}

/** `onRead` is given the memory of each block that nobody reads any more. */
export function createBlockQueue(onRead: (memory: ArrayBuffer) => void): BlockQueue {
  const waiting: Block[] = [];
  let hasEnded = false;
  let failure: { readonly error: unknown } | undefined;
  const change = createChange();

  async function* blocks(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = waiting.shift();
      if (next) {
        yield Buffer.from(next.memory, 0, next.bytes);
        onRead(next.memory);
      } else if (failure) throw failure.error;
      else if (hasEnded) return;
      else await change.next();
    }
  }

  return {
    put: (block) => {
      waiting.push(block);
      change.tell();
    },
    end: () => {
      hasEnded = true;
      change.tell();
    },
    fail: (error) => {
      failure ??= { error };
      change.tell();
    },
    blocks: blocks(),
  };
}
