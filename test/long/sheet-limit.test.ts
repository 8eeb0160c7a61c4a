import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ascending, chosen, type View } from '../../sandbox/knosc/views/view.ts';
import { type Row, workbookOf } from '../../sandbox/knosc/workbook.ts';
import { countRows } from '../support/count-rows.ts';
import { partsOf } from '../support/workbooks.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-limit-'));
});

afterAll(() => rm(directory, { recursive: true }));

const view: View = {
  name: 'numbers',
  group: 'Other',
  privilege: 'Dashboard',
  from: '',
  columns: [chosen('id', 'id', '')],
  hiddenColumns: [],
  defaultSort: ascending('id'),
  leavesOut: [],
};

function* rowsUpTo(count: number): Generator<Row> {
  for (let id = 1; id <= count; id += 1) yield { id };
}

/** What Excel has room for on one sheet, the header row included. */
const sheetRows = 1_048_576;

test.each([
  ["all of Excel's rows", sheetRows - 1, []],
  ['one row more, which goes to a sheet of its own', sheetRows, ['id', sheetRows]],
])('a workbook holds %s', async (_name, count, overflow) => {
  const file = join(directory, `${count}.xlsx`);
  await pipeline(workbookOf(view, rowsUpTo(count)), createWriteStream(file));
  expect(await countRows(file)).toBe(sheetRows);
  const second =
    partsOf(await readFile(file))
      .get('xl/worksheets/sheet2.xml')
      ?.toString() ?? '';
  const values = [...second.matchAll(/<(?:v|t)[^>]*>([^<]*)</g)].map(([, value = '']) => value);
  expect(values).toEqual(overflow.map(String));
});
