import { crc32, deflateRawSync } from 'node:zlib';

/** The fields that a local and a central header share, under their names in APPNOTE.TXT 4.3.7. */
interface HeaderLies {
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly compressedBytes?: number;
  readonly inflatedBytes?: number;
  readonly name?: string;
}

export interface ZipPart {
  readonly name: string;
  readonly body: Buffer;
  readonly isDeflated?: boolean;
  readonly level?: number;
  /** What the local header leaves to a data descriptor, and how that is written. */
  readonly descriptor?: { readonly hasSignature: boolean; readonly sizeBits: 32 | 64 };
  /** Sizes of both headers, and the offset, in ZIP64 extra fields. */
  readonly isZip64?: boolean;
  readonly time?: number;
  /** Written instead of the compressed content; the headers do not know. */
  readonly content?: Buffer;
  readonly local?: HeaderLies;
  readonly central?: HeaderLies & { readonly startsAt?: number; readonly disk?: number };
  readonly descriptorLies?: {
    readonly crc?: number;
    readonly compressedBytes?: number;
    readonly inflatedBytes?: number;
  };
}

export interface ZipFaults {
  readonly before?: Buffer;
  /** Between the first entry and the second. */
  readonly between?: Buffer;
  /** Between the last entry and the central directory. */
  readonly gap?: Buffer;
  readonly behind?: Buffer;
  readonly comment?: Buffer;
  readonly commentBytes?: number;
  readonly countedEntries?: number;
  readonly directoryBytes?: number;
  readonly directoryAt?: number;
  readonly disk?: number;
  /** With a ZIP64 end record and locator, to which the end record leaves everything. */
  readonly isZip64?: boolean;
  readonly zip64EndAt?: number;
  readonly zip64Entries?: number;
  /** What the end records say of the entries on this disk alone. */
  readonly countedHere?: number;
  /** The number of disks in the ZIP64 locator, and the ZIP64 end record's size of itself. */
  readonly zip64Disks?: number;
  readonly zip64EndBytes?: number;
  /** What some program keeps for itself behind the ZIP64 end record's fields. */
  readonly zip64Kept?: Buffer;
  /** Which entries the central directory lists, in its order. */
  readonly listed?: (parts: readonly ZipPart[]) => readonly ZipPart[];
}

interface Written {
  readonly part: ZipPart;
  readonly bytes: Buffer;
  readonly compressedBytes: number;
}

/** A ZIP, written field by field so that a test can write it wrong. */
export function zipOf(parts: readonly ZipPart[], faults: ZipFaults = {}): Buffer {
  const entries = parts.map(entryOf);
  const body: Buffer[] = [faults.before ?? Buffer.alloc(0)];
  const places = new Map<ZipPart, Written & { readonly startsAt: number }>();
  let at = faults.before?.length ?? 0;
  for (const [index, entry] of entries.entries()) {
    const between = index === 1 ? (faults.between ?? Buffer.alloc(0)) : Buffer.alloc(0);
    places.set(entry.part, { ...entry, startsAt: at + between.length });
    body.push(between, entry.bytes);
    at += between.length + entry.bytes.length;
  }
  body.push(faults.gap ?? Buffer.alloc(0));
  const directoryAt = at + (faults.gap?.length ?? 0);
  const listed = faults.listed?.(parts) ?? parts;
  const directory = Buffer.concat(
    listed.map((part) => centralHeader(places.get(part) ?? { ...entryOf(part), startsAt: 0 })),
  );
  return Buffer.concat([...body, directory, endOf(listed.length, directory.length, directoryAt, faults)]);
}

const all32 = 0xffffffff;

function entryOf(part: ZipPart): Written {
  const { body, isDeflated = false, descriptor, isZip64 = false } = part;
  const compressed = part.content ?? (isDeflated ? deflateRawSync(body, { level: part.level ?? 6 }) : body);
  const known = descriptor
    ? { crc: 0, compressedBytes: 0, inflatedBytes: 0 }
    : { crc: crc32(body), compressedBytes: compressed.length, inflatedBytes: body.length };
  const fields = { ...known, ...part.local };
  const name = Buffer.from(fields.name ?? part.name);
  const extra = isZip64 ? zip64Extra([fields.inflatedBytes, fields.compressedBytes]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(isZip64 ? 45 : 20, 4);
  header.writeUInt16LE(fields.flags ?? flagsOf(part), 6);
  header.writeUInt16LE(fields.method ?? (isDeflated ? 8 : 0), 8);
  header.writeUInt32LE(part.time ?? 0, 10);
  header.writeUInt32LE(fields.crc, 14);
  header.writeUInt32LE(isZip64 ? all32 : fields.compressedBytes, 18);
  header.writeUInt32LE(isZip64 ? all32 : fields.inflatedBytes, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  const bytes = Buffer.concat([header, name, extra, compressed, descriptorOf(part, compressed.length)]);
  return { part, bytes, compressedBytes: compressed.length };
}

function flagsOf({ name, descriptor }: ZipPart): number {
  return (descriptor ? 0x0008 : 0) | (/^[\u0020-\u007e]*$/.test(name) ? 0 : 0x0800);
}

function descriptorOf({ body, descriptor, descriptorLies }: ZipPart, compressedBytes: number): Buffer {
  if (!descriptor) return Buffer.alloc(0);
  const says = { crc: crc32(body), compressedBytes, inflatedBytes: body.length, ...descriptorLies };
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(says.crc, 0);
  const sizes = Buffer.alloc(descriptor.sizeBits / 4);
  if (descriptor.sizeBits === 32) {
    sizes.writeUInt32LE(says.compressedBytes, 0);
    sizes.writeUInt32LE(says.inflatedBytes, 4);
  } else {
    sizes.writeBigUInt64LE(BigInt(says.compressedBytes), 0);
    sizes.writeBigUInt64LE(BigInt(says.inflatedBytes), 8);
  }
  return Buffer.concat([
    descriptor.hasSignature ? Buffer.from('PK\u0007\u0008', 'latin1') : Buffer.alloc(0),
    crc,
    sizes,
  ]);
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return extra;
}

function centralHeader({ part, compressedBytes, startsAt }: Written & { readonly startsAt: number }): Buffer {
  const { body, isZip64 = false } = part;
  const fields = { crc: crc32(body), compressedBytes, inflatedBytes: body.length, startsAt, ...part.central };
  const name = Buffer.from(fields.name ?? part.name);
  const extra = isZip64 ? zip64Extra([fields.inflatedBytes, fields.compressedBytes, fields.startsAt]) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(isZip64 ? 45 : 20, 6);
  header.writeUInt16LE(fields.flags ?? flagsOf(part), 8);
  header.writeUInt16LE(fields.method ?? (part.isDeflated ? 8 : 0), 10);
  header.writeUInt32LE(part.time ?? 0, 12);
  header.writeUInt32LE(fields.crc, 16);
  header.writeUInt32LE(isZip64 ? all32 : fields.compressedBytes, 20);
  header.writeUInt32LE(isZip64 ? all32 : fields.inflatedBytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt16LE(fields.disk ?? 0, 34);
  header.writeUInt32LE(isZip64 ? all32 : fields.startsAt, 42);
  return Buffer.concat([header, name, extra]);
}

function endOf(listed: number, directoryBytes: number, directoryAt: number, faults: ZipFaults): Buffer {
  const entries = faults.countedEntries ?? listed;
  const size = faults.directoryBytes ?? directoryBytes;
  const at = faults.directoryAt ?? directoryAt;
  const comment = faults.comment ?? Buffer.alloc(0);
  const end = Buffer.alloc(22, faults.isZip64 ? 0xff : 0);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(faults.disk ?? 0, 4);
  end.writeUInt16LE(0, 6);
  if (!faults.isZip64) {
    end.writeUInt16LE(faults.countedHere ?? entries, 8);
    end.writeUInt16LE(entries, 10);
    end.writeUInt32LE(size, 12);
    end.writeUInt32LE(at, 16);
  }
  end.writeUInt16LE(faults.commentBytes ?? comment.length, 20);
  const zip64 = faults.isZip64
    ? zip64End(faults.zip64Entries ?? entries, size, at, directoryAt + directoryBytes, faults)
    : [];
  return Buffer.concat([...zip64, end, comment, faults.behind ?? Buffer.alloc(0)]);
}

function zip64End(entries: number, size: number, at: number, endAt: number, faults: ZipFaults): Buffer[] {
  const kept = faults.zip64Kept ?? Buffer.alloc(0);
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(BigInt(faults.zip64EndBytes ?? 44 + kept.length), 4);
  record.writeBigUInt64LE(BigInt(faults.countedHere ?? entries), 24);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(faults.zip64EndAt ?? endAt), 8);
  locator.writeUInt32LE(faults.zip64Disks ?? 1, 16);
  return [record, kept, locator];
}
