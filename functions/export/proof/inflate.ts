import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';

/**
 * Inflates from where the source stands to where the deflate data itself says that it ends, and leaves the source there.
 * Answers how many bytes it took. Fails with zlib's own error, whose code is `Z_BUF_ERROR` where the source ends before.
 */
export type InflateFrom = (source: ByteSource, onBlock: (block: Buffer) => void) => Promise<number>;

/** How much is inflated between two looks at it: small enough for a core's own cache, large enough that a look costs nothing. */
const inflatedBlockBytes = 384 * 1024;

/** All that is inflated lies in the same memory, piece after piece. */
export function createInflateFrom(): InflateFrom {
  const memory = Buffer.allocUnsafeSlow(inflatedBlockBytes);
  return async (source, onBlock) => {
    // The memory of its own that it would have is never used; 64 bytes are Node's least.
    const stream = createInflateRaw({ chunkSize: 64 });
    // Its errors are thrown where they arise; an emitter without a listener would throw them again.
    stream.on('error', () => undefined);
    let takenBytes = 0;
    try {
      for (;;) {
        const input = await source.ahead();
        const taken = inflateAtOnce(stream, input, memory, onBlock);
        takenBytes += taken;
        source.skip(taken);
        // Behind the end of its data zlib takes nothing more.
        if (taken < input.length || input.length === 0) return takenBytes;
      }
    } finally {
      stream.close();
    }
  };
}

/** Inflates all of the input, or up to the end of the deflate data; answers how many bytes that was. No input means that none will come. */
function inflateAtOnce(stream: InflateRaw, input: Buffer, memory: Buffer, onBlock: (block: Buffer) => void): number {
  const { _handle: handle, _writeState: left } = requireHandle(stream);
  const flush = input.length === 0 ? constants.Z_FINISH : constants.Z_NO_FLUSH;
  let taken = 0;
  for (;;) {
    handle.writeSync(flush, input, taken, input.length - taken, memory, 0, memory.length);
    if (stream.errored) throw stream.errored;
    const [memoryLeft = 0, inputLeft = 0] = left;
    taken = input.length - inputLeft;
    if (memoryLeft < memory.length) onBlock(memory.subarray(0, memory.length - memoryLeft));
    if (memoryLeft > 0) return taken;
  }
}

/**
 * What a zlib stream of Node works with. Not documented, but the same since Node 9, and npm's own unpacking (minizlib) and pngjs
 * stand on it too. The documented ways are a stream, which changes threads for every block, and `inflateRawSync`, which wants
 * all of an entry at once. Measured on 256 MiB: the proof with the stream 3.0 s of processors, this way 2.4 (DECISIONS.md, 58).
 */
interface WithHandle {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Buffer,
      inputAt: number,
      inputBytes: number,
      output: Buffer,
      outputAt: number,
      outputBytes: number,
    ): void;
  };
  /** After each write, what is left of the output's and of the input's bytes. */
  readonly _writeState: Uint32Array;
}

function requireHandle(stream: object): WithHandle {
  if (!hasHandle(stream))
    throw new Error(`Node ${process.version} has no zlib handle of the kind that the proof needs`);
  return stream;
}

function hasHandle(stream: object): stream is WithHandle {
  return '_handle' in stream && Reflect.get(stream, '_writeState') instanceof Uint32Array;
}
