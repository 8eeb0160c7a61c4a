import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { type Crc, crc32cKind, crc32Kind, crc64NvmeKind, joinCrcs, tableEntry } from './crc.ts';

/** What S3 calls checksums, as far as our SDK's clients choose them. */
export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];
export const checksumTypes = ['FULL_OBJECT', 'COMPOSITE'] as const;

/** `value` is base64, and has `-parts` behind it where it is composite. */
export const checksumSchema = z.object({
  algorithm: z.enum(checksumAlgorithms),
  type: z.enum(checksumTypes),
  value: z.string(),
});
export type Checksum = Readonly<z.infer<typeof checksumSchema>>;

export interface RunningChecksum {
  update(chunk: Uint8Array): void;
  /** Big-endian, as S3 writes checksums. */
  digest(): Buffer;
}

export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'CRC32':
      return startCrc32(crc32);
    case 'CRC32C':
      return startCrc32(crc32c);
    case 'CRC64NVME':
      return startCrc64();
    case 'SHA256': {
      const hash = createHash('sha256');
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
    }
  }
}

/** A part's digest of the same algorithm, and how many bytes it is of. */
interface DigestedPart {
  readonly digest: Buffer;
  readonly bytes: number;
}

/** The digest of all parts behind one another; only CRCs can be joined. */
export function joinDigests(algorithm: Exclude<ChecksumAlgorithm, 'SHA256'>, parts: readonly DigestedPart[]): Buffer {
  const kind = crcKinds[algorithm];
  const pieces = parts.map(({ digest, bytes }) => ({ crc: BigInt(`0x${digest.toString('hex')}`), bytes }));
  return Buffer.from(
    joinCrcs(kind, pieces)
      .toString(16)
      .padStart(kind.bits / 4, '0'),
    'hex',
  );
}

const crcKinds = {
  CRC32: crc32Kind,
  CRC32C: crc32cKind,
  CRC64NVME: crc64NvmeKind,
} satisfies Record<Exclude<ChecksumAlgorithm, 'SHA256'>, Crc>;

/** The header that carries a checksum. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

function startCrc32(step: (chunk: Uint8Array, crc: number) => number): RunningChecksum {
  let crc = 0;
  return {
    update: (chunk) => {
      crc = step(chunk, crc);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return bytes;
    },
  };
}

const crc32cTable = Uint32Array.from({ length: 256 }, (_, index) => Number(tableEntry(crc32cKind, index)));

function crc32c(chunk: Uint8Array, start: number): number {
  let crc = ~start;
  for (const byte of chunk) crc = (crc >>> 8) ^ (crc32cTable[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
}

// Two halves of 32 bits each, because BigInt is some fifty times slower.
const crc64Table = Array.from({ length: 256 }, (_, index) => tableEntry(crc64NvmeKind, index));
const crc64High = Uint32Array.from(crc64Table, (crc) => Number(crc >> 32n));
const crc64Low = Uint32Array.from(crc64Table, (crc) => Number(crc & 0xffffffffn));

function startCrc64(): RunningChecksum {
  let high = 0xffffffff;
  let low = 0xffffffff;
  return {
    update: (chunk) => {
      for (const byte of chunk) {
        const at = (low ^ byte) & 255;
        low = ((low >>> 8) | (high << 24)) ^ (crc64Low[at] ?? 0);
        high = (high >>> 8) ^ (crc64High[at] ?? 0);
      }
    },
    digest: () => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(~high >>> 0, 0);
      bytes.writeUInt32BE(~low >>> 0, 4);
      return bytes;
    },
  };
}
