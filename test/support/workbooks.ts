import { inflateRawSync } from 'node:zlib';
import { readXlsx, writeXlsx } from 'hucre/xlsx';

/** A small real workbook with one sheet. */
export function smallWorkbook(rows: (string | number)[][] = [['PO #'], ['PO-2024-001']]): Promise<Uint8Array> {
  return writeXlsx({ sheets: [{ name: 'Sheet1', rows }] });
}

/** All cells of the first sheet; the reader checks every entry's CRC. */
export async function rowsOf(bytes: Uint8Array): Promise<readonly (readonly unknown[])[]> {
  const { sheets } = await readXlsx(bytes);
  const [sheet] = sheets;
  if (!sheet) throw new Error('the workbook has no sheet');
  return sheet.rows;
}

/** The inflated parts of a workbook by name, found through its central directory (APPNOTE.TXT 4.3.12). */
export function partsOf(workbook: Uint8Array): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(workbook.buffer, workbook.byteOffset, workbook.byteLength);
  const parts = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(bytes.length - 6);
  while (bytes.readUInt32LE(at) === 0x02014b50) {
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const localAt = bytes.readUInt32LE(at + 42);
    const startsAt = localAt + 30 + bytes.readUInt16LE(localAt + 26) + bytes.readUInt16LE(localAt + 28);
    const content = bytes.subarray(startsAt, startsAt + bytes.readUInt32LE(at + 20));
    const isDeflated = bytes.readUInt16LE(at + 10) === 8;
    parts.set(bytes.toString('utf8', at + 46, nameEnd), isDeflated ? inflateRawSync(content) : content);
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return parts;
}
