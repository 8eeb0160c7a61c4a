import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { prove } from '../../../support/prove.ts';
import { partOf, sheetXml, textRow, workbookParts } from '../../../support/workbook-parts.ts';
import { type ZipFaults, type ZipPart, zipOf } from '../../../support/zips.ts';

async function hashOf(parts: readonly ZipPart[], faults?: ZipFaults): Promise<string> {
  return (await prove(zipOf(parts, faults))).facts.contentHash;
}

const parts = workbookParts();

describe('the content hash', () => {
  test.each<[string, readonly ZipPart[], ZipFaults?]>([
    ['times', parts.map((part) => ({ ...part, time: 0x5a215a21 }))],
    ['order', parts.toReversed()],
    ['order in the central directory', parts, { listed: (all) => all.toReversed() }],
    ['compression level', parts.map((part) => ({ ...part, level: 0 }))],
    ['compression method', parts.map((part) => ({ ...part, isDeflated: false }))],
    ['descriptors', parts.map((part) => ({ ...part, descriptor: { hasSignature: true, sizeBits: 32 } }))],
    ['docProps', [...parts, partOf('docProps/core.xml', '<a/>'), partOf('DocProps/app.xml', '<b/>')]],
    ['folders', [...parts, { name: 'xl/', body: Buffer.alloc(0) }]],
    ['archive comment', parts, { comment: Buffer.from('made on Monday') }],
  ])('is the same whatever the %s', async (_name, others, faults) => {
    expect(await hashOf(others, faults)).toBe(await hashOf(parts));
  });

  test.each<[string, readonly ZipPart[]]>([
    ['a text', workbookParts({ sheets: { Sheet1: sheetXml(textRow('PO #') + textRow('PO-2')) } })],
    ['a part more', [...parts, partOf('xl/empty.bin', '')]],
  ])('is another for %s', async (_name, others) => {
    expect(await hashOf(others)).not.toBe(await hashOf(parts));
  });

  test('tells apart which name a part has', async () => {
    expect(await hashOf([...parts, partOf('a', 'x')])).not.toBe(await hashOf([...parts, partOf('b', 'x')]));
  });

  test('tells apart which part has which content', async () => {
    const one = await hashOf([...parts, partOf('a', 'x'), partOf('b', 'y')]);
    const other = await hashOf([...parts, partOf('a', 'y'), partOf('b', 'x')]);
    expect(one).not.toBe(other);
  });

  test('tells apart contents with the same CRC-32 and size', async () => {
    const zeros = Buffer.alloc(8);
    const forged = Buffer.from('AQIDBNEkeJc=', 'base64');
    expect(crc32(forged)).toBe(crc32(zeros));
    expect(await hashOf([...parts, partOf('a', forged)])).not.toBe(await hashOf([...parts, partOf('a', zeros)]));
  });
});
