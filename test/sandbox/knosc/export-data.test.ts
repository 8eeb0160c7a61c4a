import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';
import { rowsOf } from '../../support/workbooks.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;
let procurement: KnoscClient;

type Cell = string | number | Date | null;
type Row = Readonly<Record<string, Cell>>;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 300 });
  client = createKnoscClient(knosc.url);
  procurement = createKnoscClient(knosc.url);
  await client.logIn(seededUsers.full);
  await procurement.logIn(seededUsers.procurement);
});

afterAll(() => knosc.close());

const allViews = [
  'purchase_order_list',
  'purchase_order_details',
  'item_master',
  'supplier_master',
  'warehouse_master',
  'dashboard_statistics',
  'dashboard_spend_by_supplier',
];

/** Rows by column key; dates as `YYYY-MM-DD`. */
async function rows(body: object): Promise<readonly Row[]> {
  const answer = await client.exportData(body);
  expect(answer.status, answer.status === 200 ? '' : await answer.clone().text()).toBe(200);
  const [header = [], ...cells] = await rowsOf(new Uint8Array(await answer.arrayBuffer()));
  return cells.map((row) => Object.fromEntries(header.map((key, column) => [String(key), plain(row[column])])));
}

function plain(value: unknown): Cell {
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

describe('an export', () => {
  test('is a workbook with the documented headers of HTTP', async () => {
    const answer = await client.exportData({ view_name: 'item_master' });
    expect(answer.headers.get('content-type')).toBe(spreadsheetMediaType);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="export.xlsx"');
    await answer.arrayBuffer();
  });

  test.each(allViews)('of %s has its columns and at least one row', async (view_name) => {
    const found = await rows({ view_name });
    expect(found.length).toBeGreaterThan(0);
  });

  test("has the values that recur in Knosc's pages", async () => {
    expect(await rows({ view_name: 'purchase_order_list', filters: { id: [42, 43] } })).toEqual([
      {
        'PO List Number': 'PO-2024-001',
        'Supplier Name': 'Acme Components Ltd.',
        'PO List Document Status': 'Open',
        'PO List Order Date': '2024-03-01',
        'PO Total Items': 3,
        'PO List Quantity': 500,
      },
      {
        'PO List Number': 'PO-2024-002',
        'Supplier Name': 'Global Parts Inc.',
        'PO List Document Status': 'Shipped',
        'PO List Order Date': '2024-03-05',
        'PO Total Items': 1,
        'PO List Quantity': 200,
      },
    ]);
    expect(await rows({ view_name: 'item_master', filters: { 'Item Number': 'ITEM-A' } })).toMatchObject([
      { id: 55, 'Item Description': 'Widget Assembly - Type A', 'Item Weight': 0.5 },
    ]);
    expect(await rows({ view_name: 'supplier_master', filters: { 'Supplier Number': 'SUP-007' } })).toMatchObject([
      { id: 7, 'Ship From Locations': expect.stringContaining('SF-01') },
    ]);
  });

  test('keeps text that looks like a formula, markup or rare letters as the text it is', async () => {
    const [item] = await rows({ view_name: 'item_master', filters: { 'Item Number': 'ITEM-AWKWARD' } });
    expect(item?.['Item Description']).toBe(
      '=HYPERLINK("http://example.invalid","click") & <b>"quotes"</b>  two spaces 📦 漢字',
    );
  });

  test('is the same at every start', async () => {
    const other = await startKnosc({ orders: 300 });
    const otherClient = createKnoscClient(other.url);
    await otherClient.logIn(seededUsers.full);
    const body = { view_name: 'purchase_order_details', index: { limit: 50 } };
    const answer = await otherClient.exportData(body);
    const [, ...cells] = await rowsOf(new Uint8Array(await answer.arrayBuffer()));
    await other.close();
    expect(cells.map((row) => row.map(plain))).toEqual((await rows(body)).map((row) => Object.values(row)));
  });

  test('ends its query when the client goes away, and the next one works', async () => {
    const aborting = new AbortController();
    const answer = await fetch(`${knosc.url}/api/export-data`, {
      method: 'POST',
      signal: aborting.signal,
      headers: {
        cookie: `access_token_cookie=${client.cookies.get('access_token_cookie')}`,
        'x-xsrf-token': client.cookies.get('csrf_access_token') ?? '',
      },
      body: JSON.stringify({ view_name: 'purchase_order_details' }),
    });
    aborting.abort();
    await expect(answer.arrayBuffer()).rejects.toThrow('abort');
    expect(await rows({ view_name: 'dashboard_statistics' })).toHaveLength(1);
  });
});

describe('numbers agree across views', () => {
  test("an order's quantity and items are those of its lines", async () => {
    const orders = await rows({
      view_name: 'purchase_order_list',
      filters: { 'PO List Document Status': ['Open', 'Shipped', 'Received', 'Closed', 'Suggested'] },
    });
    const lines = await rows({
      view_name: 'purchase_order_details',
      filters: { 'PO Details Document Status': ['Open', 'Shipped', 'Received', 'Closed', 'Suggested'] },
    });
    const byOrder = Map.groupBy(lines, (line) => line['PO List Number']);
    expect(orders).toHaveLength(300);
    for (const order of orders) {
      const own = byOrder.get(order['PO List Number'] ?? null) ?? [];
      expect(order['PO List Quantity']).toBe(own.reduce((sum, line) => sum + Number(line['PO Details Quantity']), 0));
      expect(order['PO Total Items']).toBe(new Set(own.map((line) => line['Item Number'])).size);
    }
  });

  test('the dashboards are sums over the orders', async () => {
    const orders = await rows({ view_name: 'purchase_order_list' });
    const [totals] = await rows({ view_name: 'dashboard_statistics' });
    const spend = await rows({ view_name: 'dashboard_spend_by_supplier' });
    const quantity = orders.reduce((sum, order) => sum + Number(order['PO List Quantity']), 0);
    expect(totals).toMatchObject({ 'Total Purchase Orders': orders.length, 'Purchase Order Quantity': quantity });
    expect(spend.reduce((sum, supplier) => sum + Number(supplier['Purchase Order Quantity']), 0)).toBe(quantity);
    expect(spend.map((supplier) => Number(supplier['Spend']))).toEqual(
      spend.map((supplier) => Number(supplier['Spend'])).toSorted((a, b) => b - a),
    );
  });
});

describe('a refused export', () => {
  const list = 'purchase_order_list';
  test.each([
    ['an unknown view', { view_name: 'nothing' }, 400, 'ExcelExportWithoutExtra', ''],
    ['no view', {}, 400, 'ExcelExportWithoutExtra', ''],
    ['a body that is not JSON', '{', 400, 'JSON.Invalid', 'Bad Request Format'],
    [
      'an unknown filter column',
      { view_name: list, filters: { Nope: '1' } },
      400,
      'CouldNotConstructExportData',
      '"Nope"',
    ],
    [
      'an alias in place of the key',
      { view_name: list, filters: { 'PO #': '1' } },
      400,
      'CouldNotConstructExportData',
      '"PO #"',
    ],
    [
      'text for a number',
      { view_name: list, filters: { 'PO List Quantity': 'many' } },
      400,
      'CouldNotConstructExportData',
      'numbers',
    ],
    [
      'a number for text',
      { view_name: list, filters: { 'Supplier Name': 7 } },
      400,
      'CouldNotConstructExportData',
      'texts',
    ],
    [
      'no day for a date',
      { view_name: list, filters: { 'PO List Order Date': '2024-13-45' } },
      400,
      'CouldNotConstructExportData',
      'dates',
    ],
    [
      'an object for a value',
      { view_name: list, filters: { id: { gt: 3 } } },
      400,
      'CouldNotConstructExportData',
      'filters.id',
    ],
    ['filters that are a list', { view_name: list, filters: [] }, 400, 'CouldNotConstructExportData', 'filters'],
    [
      'an unknown sort key',
      { view_name: list, sort: { key: 'Nope', type: 'Ascending' } },
      400,
      'CouldNotConstructExportData',
      '"Nope"',
    ],
    [
      'an unknown direction',
      { view_name: list, sort: { key: 'id', type: 'Up' } },
      400,
      'CouldNotConstructExportData',
      'sort.type',
    ],
    ['a limit of zero', { view_name: list, index: { limit: 0 } }, 400, 'CouldNotConstructExportData', 'index.limit'],
    ['a limit of 1.5', { view_name: list, index: { limit: 1.5 } }, 400, 'CouldNotConstructExportData', 'index.limit'],
    [
      'a negative offset',
      { view_name: list, index: { offset: -1 } },
      400,
      'CouldNotConstructExportData',
      'index.offset',
    ],
  ])('for %s says its code and why', async (_name, body, status, code, words) => {
    const answer = await client.exportData(body);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { Code: code, Message: expect.stringContaining(words) },
    ]);
  });

  test('for a lacking privilege says User.NotPrivileged', async () => {
    const answer = await procurement.exportData({ view_name: 'item_master' });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { Message: 'Not Privileged for this action', Code: 'User.NotPrivileged' },
    ]);
    expect((await procurement.exportData({ view_name: list })).status).toBe(200);
  });
});

describe('rows that are left out', () => {
  test('are suggested orders and inactive warehouses, unless the request filters on their status', async () => {
    const statuses = new Set(
      (await rows({ view_name: 'purchase_order_list' })).map((row) => row['PO List Document Status']),
    );
    expect([...statuses].toSorted()).toEqual(['Closed', 'Open', 'Received', 'Shipped']);
    expect(await rows({ view_name: 'warehouse_master' })).toHaveLength(7);
    expect(await rows({ view_name: 'warehouse_master', filters: { 'Warehouse Status': 'Inactive' } })).toHaveLength(1);
  });
});

describe('filters, sort and index', () => {
  test('agree with a plain evaluation of all rows, whatever they are', async () => {
    const everything = await rows({ view_name: 'item_master', sort: { key: 'id', type: 'Ascending' } });
    const keys = ['id', 'Item Number', 'Item Type', 'Item Unit', 'Item Status', 'Item Weight', 'Item Weight Unit'];
    const valueOf = (key: string) => fc.constantFrom(...new Set(everything.map((row) => row[key] ?? null)));
    const filter = fc
      .constantFrom(...keys)
      .chain((key) => fc.tuple(fc.constant(key), fc.array(valueOf(key), { minLength: 1, maxLength: 40 })));
    const filters = fc.array(filter, { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs));

    await fc.assert(
      fc.asyncProperty(
        filters,
        filters,
        fc.constantFrom(...keys),
        fc.constantFrom('Ascending', 'Descending'),
        fc.integer({ min: 1, max: 60 }),
        fc.nat({ max: 250 }),
        async (include, exclude, key, type, limit, offset) => {
          const body = {
            view_name: 'item_master',
            filters: { include, exclude },
            sort: { key, type },
            index: { limit, offset },
          };
          const matches = everything.filter(
            (row) =>
              Object.entries(include).every(([name, values]) => values.includes(row[name] ?? null)) &&
              Object.entries(exclude).every(([name, values]) => !values.includes(row[name] ?? null)),
          );
          const sorted = matches.toSorted(
            (a, b) => compare(a[key] ?? null, b[key] ?? null) || compare(a['id'] ?? null, b['id'] ?? null),
          );
          if (type === 'Descending') sorted.reverse();
          expect(await rows(body)).toEqual(sorted.slice(offset, offset + limit));
        },
      ),
      { seed: 20_240_301, numRuns: 60 },
    );
  });

  test('take the flat form with scalars, lists, numbers as text, and null', async () => {
    const one = await rows({ view_name: 'item_master', filters: { id: '55' } });
    expect(one).toHaveLength(1);
    const weightless = await rows({ view_name: 'item_master', filters: { 'Item Weight': null } });
    expect(weightless.every((row) => row['Item Weight'] === null)).toBe(true);
    expect(weightless.length).toBeGreaterThan(3);
    const two = await rows({
      view_name: 'item_master',
      filters: { 'Item Number': ['COMP-X', 'COMP-Y'], 'Item Unit': 'KG' },
    });
    expect(two.map((row) => row['Item Number'])).toEqual(['COMP-Y']);
  });

  test('give headers only past the end', async () => {
    const answer = await client.exportData({ view_name: 'item_master', index: { offset: 100_000 } });
    expect(await rowsOf(new Uint8Array(await answer.arrayBuffer()))).toHaveLength(1);
  });
});

/** SQLite's order: nothing first, then numbers, then texts by their bytes. */
function compare(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}
