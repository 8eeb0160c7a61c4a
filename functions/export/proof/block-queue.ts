/** At most so many reused buffers, on their way from who fills them to who judges them. */
export interface BlockQueue {
  /** A buffer that nobody reads any more, as soon as there is one. Throws what `fail` was given. */
  claim(): Promise<Buffer>;
  /** Hands over the first `bytes` of a claimed buffer. */
  put(buffer: Buffer, bytes: number): void;
  end(): void;
  /** Both sides end with this error, unless the queue has ended already. */
  fail(error: unknown): void;
  /** What was put, in order. A block is valid until the next one is asked for. */
  readonly blocks: AsyncIterable<Buffer>;
}

export function createBlockQueue(mostBuffers: number, bufferBytes: number): BlockQueue {
  const free: Buffer[] = [];
  let made = 0;
  const filled: { readonly buffer: Buffer; readonly bytes: number }[] = [];
  let hasEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let change = Promise.withResolvers<void>();

  function tell(): void {
    change.resolve();
    change = Promise.withResolvers();
  }

  async function* blocks(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = filled.shift();
      if (next) {
        yield next.buffer.subarray(0, next.bytes);
        free.push(next.buffer);
        tell();
      } else if (failure) throw failure.error;
      else if (hasEnded) return;
      else await change.promise;
    }
  }

  return {
    claim: async () => {
      for (;;) {
        if (failure) throw failure.error;
        const buffer = free.pop();
        if (buffer) return buffer;
        if (made < mostBuffers) {
          made += 1;
          return Buffer.allocUnsafeSlow(bufferBytes);
        }
        await change.promise;
      }
    },
    put: (buffer, bytes) => {
      filled.push({ buffer, bytes });
      tell();
    },
    end: () => {
      hasEnded = true;
      tell();
    },
    fail: (error) => {
      failure ??= { error };
      tell();
    },
    blocks: blocks(),
  };
}
