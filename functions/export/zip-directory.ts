import { ExportFailure } from '../ledger/failure.ts';

/** The last bytes of a ZIP file, and how many bytes there were in all. */
export interface ZipEnd {
  readonly tail: Buffer;
  readonly totalBytes: number;
}

// APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.
const centralHeaderSignature = 0x02014b50;
const endSignature = 0x06054b50;
const zip64LocatorSignature = 0x07064b50;
const zip64EndSignature = 0x06064b50;
const endBytes = 22;
const centralHeaderBytes = 46;
const localHeaderBytes = 30;

/**
 * The names of a ZIP's entries, read from its end record and central directory. Fails with `workbook-unsound` unless the
 * directory lies right before the end record, the end record is the file's last byte, and every entry has room before it.
 */
export function readZipDirectory({ tail, totalBytes }: ZipEnd): readonly string[] {
  const tailStart = totalBytes - tail.length;
  const endAt = tail.length - endBytes;
  if (endAt < 0 || tail.readUInt32LE(endAt) !== endSignature || tail.readUInt16LE(endAt + 20) !== 0) {
    throw unsound(totalBytes, 'the end record of the ZIP is missing: the file was cut, or goes on behind its end');
  }
  const directory = readEndRecord(tail, endAt, tailStart);
  if (directory.startsAt + directory.bytes !== directory.endsAt) {
    throw unsound(directory.startsAt, 'the central directory does not lie where the end record says');
  }
  if (directory.startsAt < tailStart) {
    throw unsound(directory.startsAt, `the central directory is longer than ${tail.length} bytes`);
  }
  const entries = tail.subarray(directory.startsAt - tailStart, directory.endsAt - tailStart);
  return readEntries(entries, directory);
}

interface Directory {
  readonly entries: number;
  readonly bytes: number;
  readonly startsAt: number;
  /** Where the end record (or ZIP64's) begins, which is where the directory has to end. */
  readonly endsAt: number;
}

function readEndRecord(tail: Buffer, endAt: number, tailStart: number): Directory {
  const directory = {
    entries: tail.readUInt16LE(endAt + 10),
    bytes: tail.readUInt32LE(endAt + 12),
    startsAt: tail.readUInt32LE(endAt + 16),
    endsAt: tailStart + endAt,
  };
  const isZip64 = directory.entries === 0xffff || directory.bytes === 0xffffffff || directory.startsAt === 0xffffffff;
  if (!isZip64) return directory;
  const locatorAt = endAt - 20;
  if (locatorAt < 0 || tail.readUInt32LE(locatorAt) !== zip64LocatorSignature) {
    throw unsound(directory.endsAt, 'the ZIP64 locator is missing');
  }
  const recordAt = Number(tail.readBigUInt64LE(locatorAt + 8)) - tailStart;
  if (recordAt < 0 || recordAt + 56 > locatorAt || tail.readUInt32LE(recordAt) !== zip64EndSignature) {
    throw unsound(tailStart + locatorAt, 'the ZIP64 end record is missing');
  }
  return {
    entries: Number(tail.readBigUInt64LE(recordAt + 32)),
    bytes: Number(tail.readBigUInt64LE(recordAt + 40)),
    startsAt: Number(tail.readBigUInt64LE(recordAt + 48)),
    endsAt: tailStart + recordAt,
  };
}

function readEntries(headers: Buffer, directory: Directory): readonly string[] {
  const names: string[] = [];
  let at = 0;
  let claimedBytes = 0;
  while (at < headers.length) {
    const position = directory.startsAt + at;
    if (at + centralHeaderBytes > headers.length || headers.readUInt32LE(at) !== centralHeaderSignature) {
      throw unsound(position, 'an entry of the central directory is broken');
    }
    const nameEnd = at + centralHeaderBytes + headers.readUInt16LE(at + 28);
    const next = nameEnd + headers.readUInt16LE(at + 30) + headers.readUInt16LE(at + 32);
    if (next > headers.length) throw unsound(position, 'an entry of the central directory is cut');
    const name = headers.toString('utf8', at + centralHeaderBytes, nameEnd);
    const compressedBytes = headers.readUInt32LE(at + 20);
    const startsAt = headers.readUInt32LE(at + 42);
    // 0xffffffff refers to a ZIP64 field; such an entry is too large to be judged by the 32-bit ones.
    if (compressedBytes !== 0xffffffff)
      claimedBytes += localHeaderBytes + (nameEnd - at - centralHeaderBytes) + compressedBytes;
    if (claimedBytes > directory.startsAt || (startsAt !== 0xffffffff && startsAt >= directory.startsAt)) {
      throw unsound(position, `there is no room for the entry ${name} before the central directory`);
    }
    names.push(name);
    at = next;
  }
  if (names.length !== directory.entries) {
    throw unsound(
      directory.endsAt,
      `the end record counts ${directory.entries} entries, the central directory has ${names.length}`,
    );
  }
  return names;
}

function unsound(position: number, reason: string): ExportFailure {
  return new ExportFailure('workbook-unsound', `At byte ${position} ${reason}.`);
}
