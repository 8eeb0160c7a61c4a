import { crc32 } from 'node:zlib';

/** A CRC-32 as S3 writes it: big-endian, in base64. */
export function checksumText(crc: number): string {
  return crcBytes(crc).toString('base64');
}

/** What S3 calls the composite checksum of parts: the CRC-32 of their CRC-32s, and how many they are. */
export function compositeChecksumText(crcs: readonly number[]): string {
  return `${checksumText(crc32(Buffer.concat(crcs.map(crcBytes))))}-${crcs.length}`;
}

interface StoredAnswer {
  readonly ETag?: string | undefined;
  readonly ChecksumCRC32?: string | undefined;
}

/** Throws unless S3 answers that it has made an object, and of the bytes that were sent. */
export function requireSameObject(sent: string, { ETag, ChecksumCRC32: stored = sent }: StoredAnswer): void {
  // S3 compares what it is sent by itself, and says so. An answer without a checksum, as stand-ins give, does not contradict.
  if (ETag === undefined) throw new Error('the answer names no object');
  if (stored !== sent) throw new ChecksumMismatch(`it stored bytes with the CRC-32 ${stored} instead of ${sent}`);
}

class ChecksumMismatch extends Error {
  override readonly name = 'ChecksumMismatch';
}

function crcBytes(crc: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes;
}
