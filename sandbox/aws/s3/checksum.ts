import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import * as z from 'zod';

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

// Castagnoli's polynomial, reflected; its check value is e3069283 (RFC 3720, B.4).
const crc32cTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

function crc32c(chunk: Uint8Array, start: number): number {
  let crc = ~start;
  for (const byte of chunk) crc = (crc >>> 8) ^ (crc32cTable[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
}

// The polynomial of the NVM Express specification, reflected; its check value is ae8b14860a799888. Two halves of 32 bits
// each, because BigInt is some fifty times slower.
const crc64Table = Array.from({ length: 256 }, (_, index) => {
  let crc = BigInt(index);
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >> 1n) ^ (crc & 1n ? 0x9a6c9329ac4bc9b5n : 0n);
  return crc;
});
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
