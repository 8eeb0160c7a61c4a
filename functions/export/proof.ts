import { createHash } from 'node:crypto';
import { ExportFailure } from '../ledger/failure.ts';
import { readZipDirectory } from './zip-directory.ts';

/** What is known of a workbook once its last byte has passed and held. */
export interface ProvenFacts {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Passes a workbook's bytes on while it judges them. Whoever reads to the end without an error holds a whole workbook. */
export interface Proof {
  /** Throws `workbook-unsound` or `workbook-too-large` in place of the end, so that an upload fed by it never completes. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Throws unless `chunks` was read to its end. */
  facts(): ProvenFacts;
}

const localHeaderSignature = Buffer.from('PK\u0003\u0004', 'latin1');
// Some 10,000 sheets' worth of central directory; a workbook of one sheet has under 1 KiB.
const longestTailBytes = 1024 * 1024;
/** What every workbook has (ECMA-376 part 2, 7.3.7; part 1, 12.2), at the place where every known writer puts it. */
const requiredParts = ['[Content_Types].xml', 'xl/workbook.xml'];

export function proveWorkbook(body: AsyncIterable<Uint8Array>, maximumBytes: number): Proof {
  let facts: ProvenFacts | undefined;

  async function* judged(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    const tail = createTail(longestTailBytes);
    let head = Buffer.alloc(0);
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > maximumBytes)
        throw new ExportFailure('workbook-too-large', `The workbook has more than ${maximumBytes} bytes.`);
      if (head.length < localHeaderSignature.length) {
        head = Buffer.concat([head, chunk.subarray(0, localHeaderSignature.length)]);
        requireZip(head);
      }
      hash.update(chunk);
      tail.push(chunk);
      yield chunk;
    }
    if (bytes === 0) throw new ExportFailure('workbook-unsound', 'Knosc sent an empty answer.');
    const names = new Set(readZipDirectory({ tail: tail.bytes(), totalBytes: bytes }));
    const missing = requiredParts.filter((part) => !names.has(part));
    if (missing.length > 0) {
      throw new ExportFailure('workbook-unsound', `The ZIP is not a workbook: it has no ${missing.join(' and no ')}.`);
    }
    facts = { bytes, sha256: hash.digest('hex') };
  }

  return {
    chunks: judged(),
    facts: () => {
      if (!facts) throw new Error('the proof was asked for before the workbook had ended');
      return facts;
    },
  };
}

function requireZip(head: Buffer): void {
  const seen = head.subarray(0, localHeaderSignature.length);
  if (!localHeaderSignature.subarray(0, seen.length).equals(seen)) {
    throw new ExportFailure('workbook-unsound', 'At byte 0 what Knosc sent does not begin like a ZIP file.');
  }
}

/** Remembers the last bytes of a stream, at most twice `limit` of them at a time. */
function createTail(limit: number) {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  const joined = () => Buffer.concat(chunks);
  return {
    push: (chunk: Uint8Array) => {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes < limit * 2) return;
      // A copy, so that the large buffers that the chunks are cut from can be freed.
      chunks = [Buffer.from(joined().subarray(-limit))];
      bytes = limit;
    },
    bytes: () => joined().subarray(-limit),
  };
}
