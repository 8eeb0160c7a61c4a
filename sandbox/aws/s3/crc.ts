/** A CRC by its polynomial, reflected. Register and result are inverted, as in all that S3 knows. */
export interface Crc {
  readonly bits: number;
  readonly polynomial: bigint;
}

// Castagnoli's: its check value is e3069283 (RFC 3720, B.4).
export const crc32cKind: Crc = { bits: 32, polynomial: 0x82f63b78n };
// Of ISO 3309 and zip; its check value is cbf43926.
export const crc32Kind: Crc = { bits: 32, polynomial: 0xedb88320n };
// Of the NVM Express specification; its check value is ae8b14860a799888.
export const crc64NvmeKind: Crc = { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n };

/** The entry of a byte-wise table. */
export function tableEntry({ polynomial }: Crc, byte: number): bigint {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >> 1n) ^ (crc & 1n ? polynomial : 0n);
  return crc;
}

/** Some bytes' CRC, and how many they are. */
interface Piece {
  readonly crc: bigint;
  readonly bytes: number;
}

/**
 * The CRC of all pieces behind one another, without reading them again: each byte more multiplies what came before by x⁸
 * (modulo the polynomial), and the inversions cancel out. This is zlib's `crc32_combine`.
 */
export function joinCrcs(kind: Crc, pieces: readonly Piece[]): bigint {
  const factors = new Map<number, bigint>();
  return pieces.reduce((joined, { crc, bytes }) => {
    const factor = factors.get(bytes) ?? powerOfByte(kind, bytes);
    factors.set(bytes, factor);
    return multiply(kind, joined, factor) ^ crc;
  }, 0n);
}

/** x to the power of eight times so many. */
function powerOfByte(kind: Crc, bytes: number): bigint {
  let power = one(kind);
  let square = power >> 8n;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = multiply(kind, power, square);
    square = multiply(kind, square, square);
  }
  return power;
}

/** Reflected: the highest bit is x⁰. */
function one({ bits }: Crc): bigint {
  return 1n << BigInt(bits - 1);
}

function multiply(kind: Crc, left: bigint, right: bigint): bigint {
  let product = 0n;
  let shifted = right;
  for (let bit = one(kind); bit > 0n; bit >>= 1n) {
    if (left & bit) product ^= shifted;
    shifted = (shifted >> 1n) ^ (shifted & 1n ? kind.polynomial : 0n);
  }
  return product;
}
