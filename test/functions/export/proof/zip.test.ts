import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { prove } from '../../../support/prove.ts';
import { partOf, workbookParts } from '../../../support/workbook-parts.ts';
import { type ZipFaults, type ZipPart, zipOf } from '../../../support/zips.ts';

/** A workbook whose last part, its sheet, is written otherwise. */
function withSheet(changes: Partial<ZipPart>): ZipPart[] {
  return workbookParts().map((part) => (part.name.includes('sheet1') ? { ...part, ...changes } : part));
}

function withAll(changes: Partial<ZipPart>): ZipPart[] {
  return workbookParts().map((part) => ({ ...part, ...changes }));
}

const signed = (sizeBits: 32 | 64) => ({ descriptor: { hasSignature: true, sizeBits } as const });
const unsigned = (sizeBits: 32 | 64) => ({ descriptor: { hasSignature: false, sizeBits } as const });

/** A picture of which nobody knows what is in it. */
const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251));
/** Its CRC-32 is 0x08074b50: without a signature, its descriptor begins like one with. */
const misleading = Buffer.from('ACHleAc=', 'base64');

describe('a sound ZIP', () => {
  test.each<[string, () => readonly ZipPart[], ZipFaults?]>([
    ['with deflated entries', () => workbookParts()],
    ['with stored entries', () => withAll({ isDeflated: false })],
    ['with data descriptors', () => withAll(signed(32))],
    ['with data descriptors without signature', () => withAll(unsigned(32))],
    ['with data descriptors of 64 bits', () => withAll(signed(64))],
    ['with data descriptors of 64 bits without signature', () => withAll(unsigned(64))],
    [
      'with data descriptors though its local headers say all',
      () => withSheet({ ...signed(32), local: localOfSheet() }),
    ],
    ['with ZIP64 fields in every header', () => withAll({ isZip64: true })],
    ['with ZIP64 fields and data descriptors', () => withAll({ isZip64: true, ...signed(64) })],
    ['with a ZIP64 end record', () => workbookParts(), { isZip64: true }],
    ['with an archive comment', () => workbookParts(), { comment: Buffer.from('made by hand') }],
    ['with its directory in another order', () => workbookParts(), { listed: (parts) => parts.toReversed() }],
    ['with its parts in another order', () => workbookParts().toReversed()],
    ['with a folder', () => [{ name: 'xl/', body: Buffer.alloc(0) }, ...workbookParts()]],
    ['with an empty part', () => [partOf('xl/empty.bin', ''), ...workbookParts()]],
    [
      'with an empty part and a data descriptor',
      () => [{ ...partOf('xl/empty.bin', ''), ...unsigned(64) }, ...workbookParts()],
    ],
    ['with names that are not ASCII', () => [partOf('xl/média/ø.bin', noise), ...workbookParts()]],
    [
      'with a descriptor that looks like its own signature',
      () => [{ ...partOf('a.bin', misleading), ...unsigned(32) }, ...workbookParts()],
    ],
    ['with other times', () => withAll({ time: 0x5a215a21 })],
  ])('%s is accepted', async (_name, make, faults) => {
    for (const chunkBytes of [1, 1000]) {
      const { facts } = await prove(zipOf(make(), faults), { chunkBytes });
      expect(facts.sheets).toEqual([{ name: 'Sheet1', rows: 1, columns: ['PO #'] }]);
    }
  });
});

function localOfSheet() {
  const zip = zipOf(workbookParts().slice(-1));
  return {
    flags: 8,
    crc: zip.readUInt32LE(14),
    compressedBytes: zip.readUInt32LE(18),
    inflatedBytes: zip.readUInt32LE(22),
  };
}

describe('an unsound ZIP', () => {
  test.each<[string, () => readonly ZipPart[], ZipFaults, string]>([
    ['bytes before its first entry', workbookParts, { before: Buffer.from('x') }, 'does not begin like a ZIP'],
    ['bytes between its entries', workbookParts, { between: Buffer.from('x') }, 'ends without the entry'],
    ['bytes before its directory', workbookParts, { gap: Buffer.from('gap') }, 'ends without the entry'],
    ['bytes behind its end', workbookParts, { behind: Buffer.from('x') }, 'goes on behind the end'],
    [
      'a comment longer than it says',
      workbookParts,
      { comment: Buffer.from('xy'), commentBytes: 1 },
      'goes on behind the end',
    ],
    [
      'a comment shorter than it says',
      workbookParts,
      { comment: Buffer.from('xy'), commentBytes: 3 },
      'file ends before',
    ],
    [
      'an end record in its comment',
      workbookParts,
      { comment: Buffer.from('PK\u0005\u0006', 'latin1') },
      'hides another end',
    ],
    ['an end that counts another number of entries', workbookParts, { countedEntries: 3 }, 'counts 3 entries'],
    ['an end that says another size of the directory', workbookParts, { directoryBytes: 3 }, 'does not lie where'],
    ['an end that says another place of the directory', workbookParts, { directoryAt: 3 }, 'does not lie where'],
    ['several disks', workbookParts, { disk: 1 }, 'several disks'],
    ['several disks, by an entry', () => withSheet({ central: { disk: 1 } }), {}, 'several disks'],
    ['an end that counts other entries on this disk', workbookParts, { countedHere: 3 }, 'end record counts'],
    [
      'a ZIP64 end that counts other entries on this disk',
      workbookParts,
      { isZip64: true, countedHere: 3 },
      'end record counts',
    ],
    ['several disks, by the ZIP64 locator', workbookParts, { isZip64: true, zip64Disks: 2 }, 'several disks'],
    ['a ZIP64 end smaller than its fields', workbookParts, { isZip64: true, zip64EndBytes: 43 }, 'an impossible size'],
    ['a ZIP64 end without end', workbookParts, { isZip64: true, zip64EndBytes: 2 ** 40 }, 'an impossible size'],
    [
      'a ZIP64 locator that points elsewhere',
      workbookParts,
      { isZip64: true, zip64EndAt: 7 },
      'locator says another place',
    ],
    [
      'a ZIP64 end that counts another number of entries',
      workbookParts,
      { isZip64: true, zip64Entries: 7 },
      'counts 7 entries',
    ],
    [
      'an end that leaves all to a ZIP64 one that is not there',
      workbookParts,
      { countedEntries: 0xffff },
      'counts 65535 entries',
    ],
    [
      'an entry that the directory leaves out',
      workbookParts,
      { listed: (parts) => parts.slice(1) },
      'ends without the entry "[Content_Types].xml"',
    ],
    [
      'an entry that the directory lists twice',
      workbookParts,
      { listed: (parts) => [...parts, ...parts.slice(0, 1)] },
      'listed twice',
    ],
    [
      'an entry only in the directory',
      workbookParts,
      { listed: (parts) => [...parts, partOf('x', 'x')] },
      'lists "x", which is not there',
    ],
    [
      'another name in the directory',
      () => withSheet({ central: { name: 'xl/worksheets/sheet2.xml' } }),
      {},
      'which is not there',
    ],
    [
      'another case of a name in the directory',
      () => withSheet({ central: { name: 'xl/worksheets/SHEET1.xml' } }),
      {},
      'which is not there',
    ],
    ['two entries with one name', () => [...workbookParts(), ...workbookParts().slice(-1)], {}, 'second entry'],
    [
      'two entries whose names differ by case',
      () => [...workbookParts(), partOf('xl/WORKBOOK.xml', 'x')],
      {},
      'second entry',
    ],
    ['an encrypted entry', () => withSheet({ local: { flags: 1 }, central: { flags: 1 } }), {}, 'is encrypted'],
    ['a strongly encrypted entry', () => withSheet({ local: { flags: 0x41 } }), {}, 'is encrypted'],
    [
      'another compression method',
      () => withSheet({ local: { method: 12 }, central: { method: 12 } }),
      {},
      'compression method 12',
    ],
    [
      'a stored entry with a data descriptor',
      () => withSheet({ isDeflated: false, ...signed(32) }),
      {},
      'is stored and has a data descriptor',
    ],
    [
      'content that does not inflate',
      () => withSheet({ content: Buffer.from('hello, world') }),
      {},
      'does not inflate',
    ],
    [
      'content that is not its own',
      () => withSheet({ isDeflated: false, content: Buffer.alloc(229, 'x') }),
      {},
      'whose CRC-32 is',
    ],
    ['another CRC-32 in a local header', () => withSheet({ local: { crc: 1 } }), {}, 'its local header says 1'],
    ['no CRC-32 in a local header', () => withSheet({ local: { crc: 0 } }), {}, 'its local header says 0'],
    [
      'another CRC-32 in a local header beside its descriptor',
      () => withSheet({ ...signed(32), local: { crc: 1 } }),
      {},
      'local header says 1',
    ],
    ['another CRC-32 in the directory', () => withSheet({ central: { crc: 1 } }), {}, 'that the CRC-32 of'],
    [
      'another compressed size in a local header',
      () => withSheet({ local: { compressedBytes: 1 } }),
      {},
      'whose compressed size is',
    ],
    [
      'another compressed size in the directory',
      () => withSheet({ central: { compressedBytes: 1 } }),
      {},
      'that the compressed size of',
    ],
    ['another size in a local header', () => withSheet({ local: { inflatedBytes: 1 } }), {}, 'whose size is'],
    ['another size in the directory', () => withSheet({ central: { inflatedBytes: 1 } }), {}, 'that the size of'],
    [
      'another size in a ZIP64 field of a local header',
      () => withSheet({ isZip64: true, local: { inflatedBytes: 1 } }),
      {},
      'whose size is',
    ],
    [
      'another size in a ZIP64 field of the directory',
      () => withSheet({ isZip64: true, central: { inflatedBytes: 1 } }),
      {},
      'that the size of',
    ],
    [
      'another place in a ZIP64 field of the directory',
      () => withSheet({ isZip64: true, central: { startsAt: 1 } }),
      {},
      'that the offset of',
    ],
    [
      'a size left to a ZIP64 field that is not there',
      () => withSheet({ local: { inflatedBytes: 0xffffffff } }),
      {},
      'no ZIP64 sizes',
    ],
    [
      'a size left to a ZIP64 field that is not there, in the directory',
      () => withSheet({ central: { inflatedBytes: 0xffffffff } }),
      {},
      'no ZIP64 values',
    ],
    ['another place in the directory', () => withSheet({ central: { startsAt: 1 } }), {}, 'that the offset of'],
    [
      'another method in the directory',
      () => withSheet({ central: { method: 0 } }),
      {},
      'that the compression method of',
    ],
    ['other flags in the directory', () => withSheet({ central: { flags: 8 } }), {}, 'that the flags of'],
    [
      'another CRC-32 in a descriptor',
      () => withSheet({ ...signed(32), descriptorLies: { crc: 1 } }),
      {},
      'data descriptor',
    ],
    [
      'another compressed size in a descriptor',
      () => withSheet({ ...unsigned(32), descriptorLies: { compressedBytes: 1 } }),
      {},
      'data descriptor',
    ],
    [
      'another size in a descriptor',
      () => withSheet({ ...signed(64), descriptorLies: { inflatedBytes: 1 } }),
      {},
      'data descriptor',
    ],
    ['a missing descriptor', () => withSheet({ local: { flags: 8 }, central: { flags: 8 } }), {}, 'data descriptor'],
    [
      'more compressed bytes than the deflate data has',
      () => withSheet({ content: Buffer.concat([deflatedSheet(), Buffer.from('xx')]) }),
      {},
      'whose compressed size is',
    ],
    ['deflate data that is cut', () => withSheet({ content: deflatedSheet().subarray(0, -3) }), {}, 'begins the entry'],
  ])('is refused for %s', async (_name, make, faults, reason) => {
    await expect(prove(zipOf(make(), faults))).rejects.toMatchObject({
      code: 'workbook-unsound',
      message: expect.stringContaining(reason),
    });
  });

  test.each([
    '/xl/a.xml',
    '../a.xml',
    'xl/../../a.xml',
    'xl//a.xml',
    './a.xml',
    'C:/a.xml',
    'xl\\a.xml',
    'a\u0000b',
    '',
    'x'.repeat(1025),
  ])('is refused for an entry named %j', async (name) => {
    await expect(prove(zipOf([...workbookParts(), partOf(name, 'x')]))).rejects.toMatchObject({
      code: 'workbook-unsound',
      message: expect.stringMatching(/an entry/),
    });
  });

  test('is refused for a name that is not UTF-8 though it says so', async () => {
    const zip = zipOf([...workbookParts(), partOf('ø', 'x')]);
    const broken = Buffer.from(zip.toString('latin1').replaceAll('Ã¸', 'Ã('), 'latin1');
    await expect(prove(broken)).rejects.toMatchObject({ message: expect.stringContaining('is not UTF-8') });
  });

  test('is refused for more entries than a workbook needs', async () => {
    const parts = Array.from({ length: 20_001 }, (_, index) => ({ name: `${index}/`, body: Buffer.alloc(0) }));
    await expect(prove(zipOf(parts), { chunkBytes: 65_536 })).rejects.toMatchObject({
      message: expect.stringContaining('more entries'),
    });
  });
});

test('a ZIP with longer names in all than a workbook needs is refused', async () => {
  const parts = Array.from({ length: 2100 }, (_, index) => ({
    name: `${index}`.padEnd(1000, 'x') + '/',
    body: Buffer.alloc(0),
  }));
  await expect(prove(zipOf(parts), { chunkBytes: 65_536 })).rejects.toMatchObject({
    message: expect.stringContaining('more entries'),
  });
});

function deflatedSheet(): Buffer {
  const zip = zipOf(workbookParts().slice(-1));
  const startsAt = 30 + zip.readUInt16LE(26);
  return zip.subarray(startsAt, startsAt + zip.readUInt32LE(18));
}

describe('a bomb', () => {
  const mib = 2 ** 20;
  // A block of zeros that was flushed as a whole can be repeated.
  const zeros = deflateRawSync(Buffer.alloc(mib), { finishFlush: constants.Z_FULL_FLUSH });

  function bomb(name: string, mebibytes: number): ZipPart {
    return {
      ...partOf(name, ''),
      ...unsigned(32),
      content: Buffer.concat(Array.from({ length: mebibytes }, () => zeros)),
    };
  }

  test('in one entry is refused before it has inflated', async () => {
    await expect(prove(zipOf([bomb('xl/zeros.bin', 2000)]))).rejects.toMatchObject({
      message: expect.stringContaining('which no workbook of its size does'),
    });
  });

  test('in many entries is refused as well', async () => {
    const body = Buffer.alloc(100 * mib);
    const content = Buffer.concat([...Array.from({ length: 100 }, () => zeros), Buffer.from([3, 0])]);
    const parts = ['a', 'b', 'c', 'd'].map((name) => ({ ...partOf(name, ''), body, content }));
    await expect(prove(zipOf(parts))).rejects.toMatchObject({
      message: expect.stringContaining('which no workbook of its size does'),
    });
  });

  test('is not what merely compresses well', async () => {
    const { facts } = await prove(zipOf([partOf('xl/zeros.bin', Buffer.alloc(50 * mib)), ...workbookParts()]));
    expect(facts.sheets).toHaveLength(1);
  });
});
