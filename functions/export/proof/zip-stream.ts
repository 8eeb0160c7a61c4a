import { crc32 } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import { readCentralDirectory } from './central-directory.ts';
import { descriptorBytes, descriptorLookaheadBytes, type CountedContent } from './data-descriptor.ts';
import { entryName } from './entry-name.ts';
import { createExpansion } from './expansion.ts';
import { createInflateFrom, type InflateFrom } from './inflate.ts';
import { quoted, unsound } from './unsound.ts';
import { flagBits, type HeaderFields, localFields, recordBytes, recordSignatures, withZip64 } from './zip-records.ts';

/** An entry whose content has passed and held. */
export interface ZipEntry extends CountedContent {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly startsAt: number;
}

/** Takes an entry's inflated content. A block is valid until the next call, and must not be changed. */
export interface EntryReader {
  block(bytes: Buffer): void;
  end(): void;
}

export type OpenEntry = (name: string, startsAt: number) => EntryReader;

const methods = { stored: 0, deflated: 8 } as const;
/** A workbook of 4,000 sheets, each with its drawing and relationships. */
const mostEntries = 20_000;
const mostNameBytes = 2 * 1024 * 1024;
const refusedFlags = flagBits.encrypted | flagBits.strong | flagBits.masked | flagBits.patched;

/**
 * Reads a ZIP file to its last byte (APPNOTE.TXT 6.3.10): every entry is inflated, its CRC-32 and both sizes are compared
 * in local header, data descriptor and central directory; entries, directory and end records have to follow one another
 * without a byte between. Fails with `workbook-unsound`: also for what cannot be judged in a stream (a stored entry with a
 * data descriptor) or is not for workbooks (encryption, several disks, other methods, one name twice, more than 20,000
 * entries, bombs as `createExpansion` says).
 */
export async function readZip(source: ByteSource, openEntry: OpenEntry): Promise<void> {
  const entries = new Map<string, ZipEntry>();
  const expansion = createExpansion();
  const inflateFrom = createInflateFrom();
  let nameBytes = 0;
  for (;;) {
    const record = await source.peek(recordBytes.localHeader);
    const isEntry = record.length >= 4 && record.readUInt32LE(0) === recordSignatures.localHeader;
    if (!isEntry && entries.size === 0) throw unsound(0, 'what Knosc sent does not begin like a ZIP file', 'not-xlsx');
    if (!isEntry) break;
    const entry = await readEntry(source, openEntry, expansion, inflateFrom);
    // Part names differ by more than case (ECMA-376 part 2, 6.2.2.3).
    const key = entry.name.toLowerCase();
    if (entries.has(key)) throw unsound(entry.startsAt, `there is a second entry with the name ${quoted(entry.name)}`);
    entries.set(key, entry);
    nameBytes += entry.name.length;
    if (entries.size > mostEntries || nameBytes > mostNameBytes) {
      throw unsound(
        entry.startsAt,
        `the ZIP has more entries than a workbook needs (${mostEntries}, names of ${mostNameBytes} bytes)`,
      );
    }
  }
  await readCentralDirectory(source, entries);
}

interface LocalHeader extends HeaderFields {
  readonly name: string;
  readonly startsAt: number;
  readonly hasDescriptor: boolean;
}

async function readEntry(
  source: ByteSource,
  openEntry: OpenEntry,
  expansion: ReturnType<typeof createExpansion>,
  inflateFrom: InflateFrom,
): Promise<ZipEntry> {
  const header = await readLocalHeader(source);
  const { name, startsAt, flags, method } = header;
  const reader = openEntry(name, startsAt);
  let crc = 0;
  let inflatedBytes = 0;
  function onBlock(block: Buffer): void {
    crc = crc32(block, crc);
    inflatedBytes += block.length;
    expansion.add(block.length, source.position());
    reader.block(block);
  }
  const compressedBytes =
    method === methods.stored
      ? await passStored(source, header, onBlock)
      : await inflateFrom(source, onBlock).catch((error: unknown) => {
          throw isZlibError(error)
            ? unsound(
                startsAt,
                `begins the entry ${quoted(name)}, which does not inflate: ${error.message}`,
                inflateReason(error),
              )
            : error;
        });
  const counted = { crc, compressedBytes, inflatedBytes };
  compareWithHeader(header, counted);
  if (header.hasDescriptor) await passDescriptor(source, name, counted);
  reader.end();
  return { name, flags, method, startsAt, ...counted };
}

async function readLocalHeader(source: ByteSource): Promise<LocalHeader> {
  const startsAt = source.position();
  const record = await source.peek(recordBytes.localHeader);
  if (record.length < recordBytes.localHeader) throw cut(source, 'a local header');
  const fields = localFields(record);
  const whole = await source.peek(recordBytes.localHeader + fields.nameBytes + fields.extraBytes);
  if (whole.length < recordBytes.localHeader + fields.nameBytes + fields.extraBytes)
    throw cut(source, 'a local header');
  const nameEnd = recordBytes.localHeader + fields.nameBytes;
  const name = entryName(
    whole.subarray(recordBytes.localHeader, nameEnd),
    (fields.flags & flagBits.utf8) !== 0,
    startsAt,
  );
  const sizes = withZip64(whole.subarray(nameEnd), [fields.inflatedBytes, fields.compressedBytes]);
  source.skip(whole.length);

  const refuse = (reason: string) => unsound(startsAt, `begins the entry ${quoted(name)}, which ${reason}`);
  if ((fields.flags & refusedFlags) !== 0) throw refuse('is encrypted or a patch');
  if (fields.method !== methods.stored && fields.method !== methods.deflated) {
    throw refuse(`has the compression method ${fields.method}; workbooks have 0 (stored) and 8 (deflated)`);
  }
  const hasDescriptor = (fields.flags & flagBits.descriptor) !== 0;
  if (hasDescriptor && fields.method === methods.stored) {
    throw refuse('is stored and has a data descriptor: in a stream nothing says where it ends');
  }
  const [inflatedBytes, compressedBytes] = sizes ?? [];
  if (inflatedBytes === undefined || compressedBytes === undefined)
    throw refuse('has no ZIP64 sizes though it refers to them');
  return { ...fields, inflatedBytes, compressedBytes, name, startsAt, hasDescriptor };
}

async function passStored(source: ByteSource, header: LocalHeader, onBlock: (block: Buffer) => void): Promise<number> {
  let left = header.compressedBytes;
  while (left > 0) {
    const ahead = await source.ahead();
    if (ahead.length === 0) throw cut(source, `the entry ${quoted(header.name)}`);
    const block = ahead.subarray(0, left);
    onBlock(block);
    source.skip(block.length);
    left -= block.length;
  }
  return header.compressedBytes;
}

/** With a data descriptor the header may leave out what it could not know: it says 0 then. */
function compareWithHeader(header: LocalHeader, counted: CountedContent): void {
  for (const field of ['crc', 'compressedBytes', 'inflatedBytes'] as const) {
    if (header[field] === counted[field] || (header.hasDescriptor && header[field] === 0)) continue;
    throw unsound(
      header.startsAt,
      `begins the entry ${quoted(header.name)}, whose ${fieldNames[field]} is ${counted[field]}; its local header says ${header[field]}`,
      field === 'crc' ? 'checksum' : 'zip-structure',
    );
  }
}

const fieldNames = {
  crc: 'CRC-32',
  compressedBytes: 'compressed size',
  inflatedBytes: 'size',
} as const satisfies Record<keyof CountedContent, string>;

async function passDescriptor(source: ByteSource, name: string, counted: CountedContent): Promise<void> {
  const ahead = await source.peek(descriptorLookaheadBytes);
  const bytes = descriptorBytes(ahead, counted);
  if (bytes === undefined) {
    throw unsound(
      source.position(),
      `the data descriptor of ${quoted(name)} is missing or does not agree with its content`,
    );
  }
  source.skip(bytes);
}

function cut(source: ByteSource, what: string) {
  return unsound(source.position(), `begins what should be ${what}, and the file ends before it does`, 'cut');
}

/** zlib's word for an end that came too soon. */
function inflateReason({ code }: { readonly code: string }) {
  return code === 'Z_BUF_ERROR' ? 'cut' : 'not-inflatable';
}

function isZlibError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && /^Z_[A-Z]+_ERROR$/.test(error.code)
  );
}
