import { read64, recordSignatures } from './zip-records.ts';

/** What was counted of an entry while its content passed. */
export interface CountedContent {
  readonly crc: number;
  readonly compressedBytes: number;
  readonly inflatedBytes: number;
}

/** The longest form: signature, CRC-32, two 64-bit sizes, and the next record's signature. */
export const descriptorLookaheadBytes = 28;

const nextRecords: readonly number[] = [recordSignatures.localHeader, recordSignatures.centralHeader];

/**
 * How long the data descriptor is that lies ahead, or undefined where none of its four forms (with or without signature,
 * sizes of 32 or 64 bits) says what was counted. Nothing in the file tells which form it has; a form is taken only where
 * the next record's signature follows, so that a CRC-32 that looks like a signature misleads nobody.
 */
export function descriptorBytes(ahead: Buffer, counted: CountedContent): number | undefined {
  for (const crcAt of [4, 0]) {
    if (crcAt === 4 && (ahead.length < 4 || ahead.readUInt32LE(0) !== recordSignatures.descriptor)) continue;
    for (const sizeBytes of [4, 8]) {
      const end = crcAt + 4 + 2 * sizeBytes;
      if (ahead.length < end + 4 || !nextRecords.includes(ahead.readUInt32LE(end))) continue;
      const sizeAt = (at: number) => (sizeBytes === 4 ? ahead.readUInt32LE(at) : read64(ahead, at));
      const agrees =
        ahead.readUInt32LE(crcAt) === counted.crc &&
        sizeAt(crcAt + 4) === counted.compressedBytes &&
        sizeAt(crcAt + 4 + sizeBytes) === counted.inflatedBytes;
      if (agrees) return end;
    }
  }
  return undefined;
}
