import { readXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { catalogue } from '../../../functions/ledger/catalogue/catalogue.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { openViewRows, type Stored, storedRow, viewNamed } from './view-rows.ts';

const orders = 250;
const { database } = openViewRows(orders);
let knosc: KnoscSandbox;
let proxy: LocalExportProxy;

beforeAll(async () => {
  knosc = await startKnosc({ orders });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password } });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
});

const readySchema = z.object({ status: z.literal('ready'), link: z.object({ url: z.string() }) });

async function exportedSheets(viewName: string, body: object = {}) {
  const answer = await fetch(`${proxy.url}/exports/${viewName}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { link } = readySchema.parse(await answer.json());
  const workbook = await fetch(link.url);
  const { sheets } = await readXlsx(new Uint8Array(await workbook.arrayBuffer()), { readStyles: true });
  return sheets;
}

/** A cell as the database would hold it; `undefined` for what no cell of ours should be. */
function storedCell(value: unknown): Stored | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '').replace('.000Z', 'Z');
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

describe('through the proxy', () => {
  test.each(catalogue.map(({ name }) => name))('%s is, cell by cell, what SQL says', async (name) => {
    const view = viewNamed(name);
    const columns = view.columns.map(({ key, sql }) => `${sql} AS "${key}"`);
    const sortColumn = [...view.columns, ...view.hiddenColumns].find(({ key }) => key === view.defaultSort.key);
    const idColumn = [...view.columns, ...view.hiddenColumns].find(({ key }) => key === 'id');
    const left = view.leavesOut.map(({ key, value }) => {
      const column = [...view.columns, ...view.hiddenColumns].find((candidate) => candidate.key === key);
      return `coalesce(${column?.sql} <> '${value}', TRUE)`;
    });
    const direction = view.defaultSort.type === 'Descending' ? 'DESC' : 'ASC';
    const sql = `SELECT ${columns.join(', ')} FROM ${view.from} WHERE ${['TRUE', ...left].join(' AND ')}
      ORDER BY ${sortColumn?.sql} ${direction}, ${idColumn?.sql} ${direction}`;
    const expected = database
      .prepare(sql)
      .all()
      .map((row) => Object.values(storedRow(row)));

    const [sheet, ...others] = await exportedSheets(name);
    const [header, ...rows] = sheet?.rows ?? [];
    expect(others).toEqual([]);
    expect(header).toEqual(view.columns.map(({ key }) => key));
    const width = view.columns.length;
    const cells = rows.map((row) => Array.from({ length: width }, (_, column) => storedCell(row[column])));
    expect(cells).toEqual(expected);
    expect(rows.length).toBeGreaterThan(0);
    expect(sheet).toMatchObject({ name: 'Sheet1', freezePane: { rows: 1 } });
  });

  test('filters, sort and index reach Knosc as they are', async () => {
    const [sheet] = await exportedSheets('purchase_order_details', {
      filters: {
        include: { 'PO List Number': ['PO-2024-001', 'PO-2024-002'] },
        exclude: { 'Item Number': ['ITEM-B'] },
      },
      sort: { key: 'PO Details Quantity', type: 'Descending' },
      index: { limit: 2, offset: 1 },
    });
    expect(sheet?.rows.slice(1).map((row) => [row[2], row[8]])).toEqual([
      ['ITEM-A', 200],
      ['COMP-X', 100],
    ]);
  });
});
