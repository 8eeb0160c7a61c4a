import { Readable } from 'node:stream';
import type { CellValue, ColumnDef } from 'hucre/xlsx';
import { writeXlsxStream } from 'hucre/xlsx';
import type { Column, View } from './views/view.ts';

/** A row by column key. */
export type Row = Readonly<Record<string, unknown>>;

/** A workbook of one sheet: keys as header row, frozen; dates and numbers as what they are; rows pulled as they are read. */
export function workbookOf(view: View, rows: Iterable<Row>): Readable {
  function* cells(): Generator<CellValue[]> {
    for (const row of rows) yield view.columns.map((column) => cell(column, row[column.key]));
  }
  const stream = writeXlsxStream(cells(), {
    name: 'Sheet1',
    columns: view.columns.map(columnDefinition),
    freezePane: { rows: 1 },
  });
  return Readable.fromWeb(stream);
}

function columnDefinition({ key, format }: Column): ColumnDef {
  const width = Math.max(key.length + 2, format.startsWith('string') ? 18 : 12);
  return { header: key, key, width, ...(format === 'date' && { numFmt: 'yyyy-mm-dd' }) };
}

function cell({ format }: Column, value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  if (format === 'date' && typeof value === 'string') return new Date(`${value}T00:00:00Z`);
  if (typeof value === 'number' || typeof value === 'string') return value;
  throw new Error(`a ${typeof value} cannot stand in a cell`);
}
