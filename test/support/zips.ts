import { crc32 } from 'node:zlib';

interface ZipPart {
  readonly name: string;
  readonly body: Buffer;
}

interface ZipFaults {
  /** Bytes between the last entry and the central directory. */
  readonly gapBytes?: number;
  /** What the end record says instead of the number of entries. */
  readonly countedEntries?: number;
  /** What every entry of the central directory says of its compressed size. */
  readonly claimedBytes?: number;
}

/** A ZIP with stored entries, written field by field so that a test can write it wrong. */
export function zipOf(parts: readonly ZipPart[], faults: ZipFaults = {}): Buffer {
  const { entries, directory, directoryAt } = bodyOf(parts, faults);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(faults.countedEntries ?? parts.length, 8);
  end.writeUInt16LE(faults.countedEntries ?? parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(directoryAt, 16);
  return Buffer.concat([entries, Buffer.alloc(faults.gapBytes ?? 0), directory, end]);
}

/** The two required parts in a ZIP whose end record refers to a ZIP64 one for everything. */
export function zip64Workbook(): Buffer {
  const parts = ['[Content_Types].xml', 'xl/workbook.xml'].map((name) => ({ name, body: Buffer.from('<x/>') }));
  const { entries, directory, directoryAt } = bodyOf(parts, {});
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(parts.length), 24);
  end64.writeBigUInt64LE(BigInt(parts.length), 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(directoryAt), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(directoryAt + directory.length), 8);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(0, 4);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([entries, directory, end64, locator, end]);
}

function bodyOf(parts: readonly ZipPart[], { claimedBytes }: ZipFaults) {
  const entries: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, body } of parts) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(crc32(body), 14);
    local.writeUInt32LE(body.length, 18);
    local.writeUInt32LE(body.length, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt32LE(crc32(body), 16);
    central.writeUInt32LE(claimedBytes ?? body.length, 20);
    central.writeUInt32LE(body.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(at, 42);
    entries.push(local, Buffer.from(name), body);
    directory.push(central, Buffer.from(name));
    at += 30 + name.length + body.length;
  }
  // With a gap, the end record goes on saying where the directory would lie without it.
  return { entries: Buffer.concat(entries), directory: Buffer.concat(directory), directoryAt: at };
}
