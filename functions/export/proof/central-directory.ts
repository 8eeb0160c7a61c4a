import type { ByteSource } from './byte-source.ts';
import { entryName } from './entry-name.ts';
import { quoted, unsound } from './unsound.ts';
import {
  absent16,
  absent32,
  centralFields,
  type CentralFields,
  type EndFields,
  endFields,
  flagBits,
  read64,
  recordBytes,
  recordSignatures,
  withZip64,
  zip64EndFields,
} from './zip-records.ts';

/** An entry as it was met on the way. */
export interface MetEntry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly inflatedBytes: number;
  readonly startsAt: number;
}

/**
 * Reads the central directory and the end records to the file's last byte, and compares them with the entries that were
 * met, by lower-case name. Their order does not matter. An archive comment may follow if the end record tells its length,
 * and hides no second end record.
 */
export async function readCentralDirectory(source: ByteSource, met: ReadonlyMap<string, MetEntry>): Promise<void> {
  const startsAt = source.position();
  const unlisted = new Map(met);
  while (await isNext(source, recordSignatures.centralHeader)) {
    const position = source.position();
    const { name, ...fields } = await readCentralHeader(source);
    const entry = unlisted.get(name.toLowerCase());
    if (!entry || entry.name !== name) {
      throw unsound(position, `the central directory lists ${quoted(name)}, which is not there or is listed twice`);
    }
    compare(position, entry, fields);
    unlisted.delete(name.toLowerCase());
  }
  for (const { name } of unlisted.values()) {
    throw unsound(source.position(), `the central directory ends without the entry ${quoted(name)}, or is broken`);
  }
  const directory = { entries: met.size, startsAt, bytes: source.position() - startsAt };
  await readEnd(source, directory, await readZip64End(source, directory));
}

async function isNext(source: ByteSource, signature: number): Promise<boolean> {
  const ahead = await source.peek(4);
  return ahead.length === 4 && ahead.readUInt32LE(0) === signature;
}

async function take(source: ByteSource, bytes: number): Promise<Buffer> {
  const record = await source.peek(bytes);
  if (record.length < bytes) {
    throw unsound(source.position(), 'begins a record of the ZIP directory, and the file ends before it does', 'cut');
  }
  source.skip(bytes);
  return record;
}

async function readCentralHeader(source: ByteSource): Promise<CentralFields & { readonly name: string }> {
  const position = source.position();
  const fields = centralFields(await take(source, recordBytes.centralHeader));
  const name = entryName(await take(source, fields.nameBytes), (fields.flags & flagBits.utf8) !== 0, position);
  const extra = await take(source, fields.extraBytes);
  const [inflatedBytes, compressedBytes, startsAt] =
    withZip64(extra, [fields.inflatedBytes, fields.compressedBytes, fields.startsAt]) ?? [];
  await take(source, fields.commentBytes);
  if (inflatedBytes === undefined || compressedBytes === undefined || startsAt === undefined) {
    throw unsound(position, `the central directory has no ZIP64 values for ${quoted(name)} though it refers to them`);
  }
  return { ...fields, name, inflatedBytes, compressedBytes, startsAt };
}

const comparedFields = {
  flags: 'flags',
  method: 'compression method',
  crc: 'CRC-32',
  compressedBytes: 'compressed size',
  inflatedBytes: 'size',
  startsAt: 'offset',
} as const satisfies Partial<Record<keyof MetEntry, string>>;

function compare(position: number, entry: MetEntry, fields: Omit<CentralFields, 'name'>): void {
  if (fields.disk !== 0 && fields.disk !== absent16) throw severalDisks(position);
  for (const field of Object.keys(comparedFields).filter(isCompared)) {
    if (fields[field] === entry[field]) continue;
    const says = `says that the ${comparedFields[field]} of ${quoted(entry.name)} is ${fields[field]}`;
    throw unsound(position, `the central directory ${says}; it is ${entry[field]}`);
  }
}

function isCompared(field: string): field is keyof typeof comparedFields {
  return Object.hasOwn(comparedFields, field);
}

interface Directory {
  readonly entries: number;
  readonly startsAt: number;
  readonly bytes: number;
}

async function readZip64End(source: ByteSource, directory: Directory): Promise<boolean> {
  const startsAt = source.position();
  if (!(await isNext(source, recordSignatures.zip64End))) return false;
  const record = await take(source, recordBytes.zip64End);
  const fields = zip64EndFields(record);
  // The size leaves out the signature and itself; behind the fields there may be what some program keeps for itself.
  const moreBytes = read64(record, 4) + 12 - recordBytes.zip64End;
  if (moreBytes < 0 || moreBytes > 65_536) throw unsound(startsAt, 'the ZIP64 end record has an impossible size');
  await take(source, moreBytes);
  requireAgreement(startsAt, fields, directory, () => false);
  const locatorAt = source.position();
  if (!(await isNext(source, recordSignatures.zip64Locator))) throw unsound(locatorAt, 'the ZIP64 locator is missing');
  const locator = await take(source, recordBytes.zip64Locator);
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) > 1) throw severalDisks(locatorAt);
  if (read64(locator, 8) !== startsAt)
    throw unsound(locatorAt, 'the ZIP64 locator says another place of the end record');
  return true;
}

async function readEnd(source: ByteSource, directory: Directory, hasZip64: boolean): Promise<void> {
  const position = source.position();
  if (!(await isNext(source, recordSignatures.end))) {
    throw unsound(
      position,
      'the end record of the ZIP is missing: the file was cut, or something lies in between',
      'cut',
    );
  }
  const record = await take(source, recordBytes.end);
  requireAgreement(position, endFields(record), directory, (value, absent) => hasZip64 && value === absent);
  const comment = await take(source, record.readUInt16LE(20));
  if (comment.includes('PK\u0005\u0006', 0, 'latin1'))
    throw unsound(position, 'the archive comment hides another end record');
  if ((await source.peek(1)).length > 0) throw unsound(source.position(), 'the file goes on behind the end of the ZIP');
}

function requireAgreement(
  position: number,
  end: EndFields,
  directory: Directory,
  mayBe: (value: number, absent: number) => boolean,
): void {
  if ([end.disk, end.directoryDisk].some((disk) => disk !== 0 && !mayBe(disk, absent16))) throw severalDisks(position);
  if ([end.entries, end.entriesHere].some((entries) => entries !== directory.entries && !mayBe(entries, absent16))) {
    throw unsound(
      position,
      `the end record counts ${end.entries} entries, the central directory has ${directory.entries}`,
    );
  }
  const isElsewhere =
    (end.directoryStartsAt !== directory.startsAt && !mayBe(end.directoryStartsAt, absent32)) ||
    (end.directoryBytes !== directory.bytes && !mayBe(end.directoryBytes, absent32));
  if (isElsewhere) throw unsound(position, 'the central directory does not lie where the end record says');
}

function severalDisks(position: number) {
  return unsound(position, 'the ZIP says that it spans several disks');
}
