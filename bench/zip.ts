import { crc32 } from 'node:zlib';

/** Bytes that come so many times in a row. */
export interface Piece {
  readonly bytes: Buffer;
  readonly times: number;
}

/** An entry of a ZIP: its deflated pieces, and the inflated ones that they stand for. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: readonly Piece[];
  readonly inflated: readonly Piece[];
}

/**
 * The pieces of a ZIP of deflated entries, with sizes and CRC-32s in the local headers (APPNOTE.TXT 6.3.10, 4.3.7 to 4.3.16).
 * Entries and the whole stay under 4 GiB, so that nothing needs ZIP64; a larger one throws.
 */
export function zipPieces(entries: readonly ZipEntry[]): readonly Piece[] {
  const pieces: Piece[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const header = headerOf(entry);
    const name = Buffer.from(entry.name);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), header, name]);
    directory.push(centralHeader(header, at), name);
    pieces.push({ bytes: local, times: 1 }, ...entry.deflated);
    at += local.byteLength + bytesIn(entry.deflated);
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.byteLength, 12);
  end.writeUInt32LE(at, 16);
  return [...pieces, { bytes: central, times: 1 }, { bytes: end, times: 1 }];
}

export function bytesIn(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes, times }) => sum + bytes.byteLength * times, 0);
}

/** What local and central header share: from "version needed" to "extra field length". */
function headerOf({ name, deflated, inflated }: ZipEntry): Buffer {
  let crc = 0;
  for (const { bytes, times } of inflated) for (let count = 0; count < times; count += 1) crc = crc32(bytes, crc);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(8, 4);
  // 1980-01-01, the first day that ZIP knows.
  header.writeUInt16LE(0x21, 8);
  header.writeUInt32LE(crc, 10);
  header.writeUInt32LE(bytesIn(deflated), 14);
  header.writeUInt32LE(bytesIn(inflated), 18);
  header.writeUInt16LE(Buffer.byteLength(name), 22);
  return header;
}

function centralHeader(header: Buffer, localAt: number): Buffer {
  const fixed = Buffer.alloc(14);
  fixed.writeUInt32LE(localAt, 10);
  return Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), header, fixed]);
}
