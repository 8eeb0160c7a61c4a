/** The records of a ZIP file, field by field (APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16 and 4.5.3). */
export const recordSignatures = {
  localHeader: 0x04034b50,
  centralHeader: 0x02014b50,
  zip64End: 0x06064b50,
  zip64Locator: 0x07064b50,
  end: 0x06054b50,
  /** Optional, before a data descriptor. */
  descriptor: 0x08074b50,
} as const;

export const recordBytes = { localHeader: 30, centralHeader: 46, zip64End: 56, zip64Locator: 20, end: 22 } as const;

/** A 32-bit field that refers to a ZIP64 one, and a 16-bit field that does. */
export const absent32 = 0xffffffff;
export const absent16 = 0xffff;

export const flagBits = {
  encrypted: 0x0001,
  descriptor: 0x0008,
  patched: 0x0020,
  strong: 0x0040,
  utf8: 0x0800,
  masked: 0x2000,
} as const;

/** What the local and the central header both say of an entry. */
export interface HeaderFields {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly inflatedBytes: number;
  readonly nameBytes: number;
  readonly extraBytes: number;
}

export interface CentralFields extends HeaderFields {
  readonly commentBytes: number;
  readonly disk: number;
  readonly startsAt: number;
}

export interface EndFields {
  readonly disk: number;
  readonly directoryDisk: number;
  readonly entriesHere: number;
  readonly entries: number;
  readonly directoryBytes: number;
  readonly directoryStartsAt: number;
}

export function localFields(record: Buffer): HeaderFields {
  return headerFields(record, 6);
}

export function centralFields(record: Buffer): CentralFields {
  return {
    ...headerFields(record, 8),
    commentBytes: record.readUInt16LE(32),
    disk: record.readUInt16LE(34),
    startsAt: record.readUInt32LE(42),
  };
}

function headerFields(record: Buffer, at: number): HeaderFields {
  return {
    flags: record.readUInt16LE(at),
    method: record.readUInt16LE(at + 2),
    crc: record.readUInt32LE(at + 8),
    compressedBytes: record.readUInt32LE(at + 12),
    inflatedBytes: record.readUInt32LE(at + 16),
    nameBytes: record.readUInt16LE(at + 20),
    extraBytes: record.readUInt16LE(at + 22),
  };
}

export function endFields(record: Buffer): EndFields {
  return {
    disk: record.readUInt16LE(4),
    directoryDisk: record.readUInt16LE(6),
    entriesHere: record.readUInt16LE(8),
    entries: record.readUInt16LE(10),
    directoryBytes: record.readUInt32LE(12),
    directoryStartsAt: record.readUInt32LE(16),
  };
}

export function zip64EndFields(record: Buffer): EndFields {
  return {
    disk: record.readUInt32LE(16),
    directoryDisk: record.readUInt32LE(20),
    entriesHere: read64(record, 24),
    entries: read64(record, 32),
    directoryBytes: read64(record, 40),
    directoryStartsAt: read64(record, 48),
  };
}

/** Exact below 2^53; what is larger is larger than any file and equals nothing that was counted. */
export function read64(record: Buffer, at: number): number {
  return Number(record.readBigUInt64LE(at));
}

/**
 * The 64-bit values of a header's ZIP64 extra field, one for each of the given fields that is absent, in their order; the
 * others unchanged. Undefined where a value is missing.
 */
export function withZip64(extra: Buffer, fields: readonly number[]): readonly number[] | undefined {
  if (!fields.includes(absent32)) return fields;
  const values = extraField(extra, 0x0001);
  let at = 0;
  const whole: number[] = [];
  for (const field of fields) {
    if (field !== absent32) whole.push(field);
    else if (!values || at + 8 > values.length) return undefined;
    else {
      whole.push(read64(values, at));
      at += 8;
    }
  }
  return whole;
}

/** Leftovers too short for a field are passed over: Android's tools pad with them. */
function extraField(extra: Buffer, id: number): Buffer | undefined {
  let at = 0;
  while (at + 4 <= extra.length) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}
