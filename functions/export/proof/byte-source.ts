/** A file that is read once, from its first byte to its last. */
export interface ByteSource {
  /** The offset of the next byte. */
  position(): number;
  /** What is at hand of the bytes to come: at least one, or none at the end. Valid until bytes behind them are asked for. */
  ahead(): Promise<Buffer>;
  /** The next bytes, as many as were asked for, or fewer where the file ends before. */
  peek(bytes: number): Promise<Buffer>;
  /** Goes past bytes that `ahead` or `peek` has shown. */
  skip(bytes: number): void;
}

export function createByteSource(blocks: AsyncIterable<Buffer>): ByteSource {
  const iterator = blocks[Symbol.asyncIterator]();
  let current: Buffer = Buffer.alloc(0);
  let position = 0;

  /** The next block that is not empty; an empty one means the end. */
  async function nextBlock(): Promise<Buffer> {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return Buffer.alloc(0);
      if (next.value.length > 0) return next.value;
    }
  }

  return {
    position: () => position,
    ahead: async () => {
      if (current.length === 0) current = await nextBlock();
      return current;
    },
    peek: async (bytes) => {
      while (current.length < bytes) {
        // Copied before the next block is asked for, since its buffer may be used again then.
        const rest = Buffer.from(current);
        const next = await nextBlock();
        if (next.length === 0) {
          current = rest;
          break;
        }
        current = rest.length === 0 ? next : Buffer.concat([rest, next]);
      }
      return current.subarray(0, bytes);
    },
    skip: (bytes) => {
      current = current.subarray(bytes);
      position += bytes;
    },
  };
}
