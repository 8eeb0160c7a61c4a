/** The CRC-32 of bytes that come in pieces, from the pieces' own: no byte is read twice. */
export interface JoinedCrc {
  add(crc: number, bytes: number): void;
  /** Of all pieces behind one another. */
  crc(): number;
}

/**
 * What zlib's `crc32_combine` does: each byte more multiplies what came before by x⁸, modulo the polynomial, and the two
 * inversions of a CRC-32 cancel out. Reckoning the whole's beside the parts' took 14 ms for 64 MiB; this takes microseconds.
 */
export function createJoinedCrc(): JoinedCrc {
  const factors = new Map<number, number>();
  let joined = 0;
  return {
    add: (crc, bytes) => {
      const factor = factors.get(bytes) ?? powerOfByte(bytes);
      factors.set(bytes, factor);
      joined = (multiply(joined, factor) ^ crc) >>> 0;
    },
    crc: () => joined,
  };
}

// ISO 3309's polynomial and x⁰, both reflected: the highest bit is x⁰.
const polynomial = 0xedb88320;
const one = 0x80000000;

/** x to the power of eight times so many. */
function powerOfByte(bytes: number): number {
  let power = one;
  let square = one >>> 8;
  for (let left = bytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  return power;
}

function multiply(left: number, right: number): number {
  let product = 0;
  let shifted = right;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((left & bit) !== 0) product ^= shifted;
    shifted = (shifted >>> 1) ^ ((shifted & 1) === 1 ? polynomial : 0);
  }
  return product >>> 0;
}
