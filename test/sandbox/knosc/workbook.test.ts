import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { type Row, workbookOf } from '../../../sandbox/knosc/workbook.ts';
import { viewNamed } from './view-rows.ts';

const view = viewNamed('unit_master');
const rowCount = 80_000;

/** Rows, and how many of them have been pulled. */
function countedRows() {
  let pulled = 0;
  function* rows(): Generator<Row> {
    for (; pulled < rowCount; pulled += 1) yield { id: pulled, 'Unit Code': `U${pulled}`, 'Unit Name': 'Each' };
  }
  return { rows: rows(), pulled: () => pulled };
}

test('rows are pulled no faster than the workbook is taken', async () => {
  const slow = countedRows();
  const taken = workbookOf(view, slow.rows)[Symbol.asyncIterator]();
  await taken.next();
  // The time that another workbook takes to its end is time enough for this one to run on, if it did.
  const quick = countedRows();
  const { length } = await buffer(workbookOf(view, quick.rows));
  expect(quick.pulled()).toBe(rowCount);
  expect(length).toBeGreaterThan(1_000_000);
  // It is ahead by what the streams in between hold, some 15,000 rows, however many there are.
  expect(slow.pulled()).toBeLessThan(rowCount / 2);
  await taken.return?.();
});
