import { Readable } from 'node:stream';
import type { CellValue, ColumnDef } from 'hucre/xlsx';
import { writeXlsxStream } from 'hucre/xlsx';
import { kindFacts } from './column-kinds.ts';
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

function columnDefinition(column: Column): ColumnDef {
  const { key, kind } = column;
  const { numberFormat } = kindFacts(kind);
  const format = numberFormat === undefined ? {} : { numFmt: numberFormat };
  return { header: key, key, width: columnWidth(column), ...format };
}

/** In characters: room for the header and for all but the longest values. */
export function columnWidth({ key, kind }: Column): number {
  // Names and addresses are longer than numbers and statuses, which are texts too.
  const valueWidth = /(Name|Email)$/.test(key) ? 30 : kindFacts(kind).width;
  return Math.max(key.length + 2, valueWidth);
}

function cell({ kind }: Column, value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  const { cell: cellOf } = kindFacts(kind);
  if (typeof value === 'number') return cellOf(value);
  if (typeof value === 'string') return escaped(cellOf(value));
  throw new Error(`a ${typeof value} cannot stand in a cell`);
}

/**
 * Text as the sheet must hold it (ECMA-376 part 1, 22.9.2.19, `_xHHHH_`), where the writer does not see to it: what only looks
 * like an escape, and the two letters that no XML may have. Control characters the writer escapes itself.
 */
function escaped(value: CellValue): CellValue {
  if (typeof value !== 'string') return value;
  return value
    .replaceAll(/_(?=x[\dA-Fa-f]{4}_)/g, '_x005F_')
    .replaceAll('\uFFFE', '_xFFFE_')
    .replaceAll('\uFFFF', '_xFFFF_');
}
