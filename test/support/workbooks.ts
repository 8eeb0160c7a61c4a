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
