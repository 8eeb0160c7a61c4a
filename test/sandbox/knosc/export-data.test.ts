import { readXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';
import { rowsOf } from '../../support/workbooks.ts';
import { exportedRows, type Row } from './exported-rows.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

beforeAll(async () => {
  // Where midnight is another day than in UTC: a date that is made from local time shows.
  vi.stubEnv('TZ', 'Pacific/Kiritimati');
  knosc = await startKnosc({ orders: 300 });
  client = createKnoscClient(knosc.url);
  await client.logIn(seededUsers.full);
});

afterAll(async () => {
  await knosc.close();
  vi.unstubAllEnvs();
});

const rows = (body: object) => exportedRows(client, body);

describe('an export', () => {
  test('is a workbook with the documented headers of HTTP', async () => {
    const answer = await client.exportData({ view_name: 'item_master' });
    expect(answer.headers.get('content-type')).toBe(spreadsheetMediaType);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="export.xlsx"');
    expect(answer.headers.has('content-length')).toBe(false);
    await answer.arrayBuffer();
  });

  test.each([
    ['purchase_order_list', 6, 'PO List Number'],
    ['purchase_order_details', 14, 'PO List Number'],
    ['item_master', 9, 'id'],
    ['supplier_master', 8, 'id'],
    ['warehouse_master', 6, 'id'],
    ['unit_master', 4, 'id'],
    ['dashboard_statistics', 6, 'Total Purchase Orders'],
    ['dashboard_spend_by_supplier', 5, 'Supplier Number'],
  ])('of %s has %i columns from %s on, and at least one row', async (view_name, columns, first) => {
    const [row = {}] = await rows({ view_name });
    expect([Object.keys(row).length, Object.keys(row)[0]]).toEqual([columns, first]);
  });

  test("has the values that recur in Knosc's pages", async () => {
    expect(new Date(2024, 0, 1).getTimezoneOffset()).toBe(-14 * 60);
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
  });

  test.each([
    ['item_master', { 'Item Number': 'ITEM-A' }, { id: 55, 'Item Description': 'Widget Assembly - Type A' }],
    ['supplier_master', { id: 7 }, { 'Supplier Number': 'SUP-007', 'Ship From Locations': 'SF-01' }],
    ['supplier_master', { id: 8 }, { 'Supplier Number': 'SUP-008', 'Ship From Locations': 'SF-09, SF-108' }],
    ['warehouse_master', { id: 3 }, { 'Warehouse Number': 'WH-01', 'Warehouse Name': 'Main Distribution Center' }],
    ['unit_master', { id: 1 }, { 'Unit Code': 'EA', 'Unit Name': 'Each', 'Unit Type': 'Count' }],
    ['purchase_order_details', { id: 101 }, { 'Item Number': 'ITEM-A', 'PO Details ETA Date': '2024-03-15' }],
  ])('of %s where %j is %j', async (view_name, filters, row) => {
    expect(await rows({ view_name, filters })).toEqual([expect.objectContaining(row)]);
  });

  test('keeps its header row in sight, and shows dates as Knosc writes them', async () => {
    const answer = await client.exportData({ view_name: 'purchase_order_list', index: { limit: 1 } });
    const { sheets } = await readXlsx(new Uint8Array(await answer.arrayBuffer()), { readStyles: true });
    const [sheet] = sheets;
    expect(sheet).toMatchObject({ name: 'Sheet1', freezePane: { rows: 1 } });
    expect(sheet?.cells?.get('1,3')?.style?.numFmt).toBe('yyyy-mm-dd');
    expect(sheet?.columns?.map(({ width }) => width)).toEqual([18, 18, 25, 20, 16, 18]);
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
    expect(await exportedRows(otherClient, body)).toEqual(await rows(body));
    await other.close();
  });

  test('past the end has its header row only', async () => {
    const answer = await client.exportData({ view_name: 'unit_master', index: { offset: 100_000 } });
    expect(await rowsOf(new Uint8Array(await answer.arrayBuffer()))).toEqual([
      ['id', 'Unit Code', 'Unit Name', 'Unit Type'],
    ]);
  });
});

test('a client that goes away ends its query long before the last row', async () => {
  const large = await startKnosc({ orders: 20_000 });
  const ownClient = createKnoscClient(large.url);
  await ownClient.logIn(seededUsers.full);
  const leaving = new AbortController();
  const answer = await fetch(`${large.url}/api/export-data`, {
    method: 'POST',
    signal: leaving.signal,
    headers: {
      cookie: `access_token_cookie=${ownClient.cookies.get('access_token_cookie')}`,
      'x-xsrf-token': ownClient.cookies.get('csrf_access_token') ?? '',
    },
    body: JSON.stringify({ view_name: 'purchase_order_details' }),
  });
  leaving.abort();
  await expect(answer.arrayBuffer()).rejects.toThrow('abort');
  const call = await vi.waitFor(
    async () => {
      const found = (await large.calls()).find(({ viewName }) => viewName === 'purchase_order_details');
      expect(found).toBeDefined();
      return found;
    },
    { timeout: 10_000, interval: 5 },
  );
  // The view has about 52,000.
  expect(call?.rows).toBeLessThan(25_000);
  await large.close();
});

describe('numbers agree across views', () => {
  const everyStatus = ['Open', 'Shipped', 'Received', 'Closed', 'Suggested'];
  const sumOf = (list: readonly Row[], key: string) => list.reduce((sum, row) => sum + Number(row[key]), 0);

  test("an order's quantity and items are those of its lines", async () => {
    const orders = await rows({
      view_name: 'purchase_order_list',
      filters: { 'PO List Document Status': everyStatus },
    });
    const lines = await rows({
      view_name: 'purchase_order_details',
      filters: { 'PO Details Document Status': everyStatus },
    });
    const byOrder = Map.groupBy(lines, (line) => line['PO List Number']);
    expect(orders).toHaveLength(300);
    for (const order of orders) {
      const own = byOrder.get(order['PO List Number'] ?? null) ?? [];
      expect(order['PO List Quantity']).toBe(sumOf(own, 'PO Details Quantity'));
      expect(order['PO Total Items']).toBe(new Set(own.map((line) => line['Item Number'])).size);
    }
  });

  test('the dashboards are sums over the orders', async () => {
    const orders = await rows({ view_name: 'purchase_order_list' });
    const [totals] = await rows({ view_name: 'dashboard_statistics' });
    const spend = await rows({ view_name: 'dashboard_spend_by_supplier' });
    expect(totals).toMatchObject({
      'Total Purchase Orders': orders.length,
      'Open Purchase Orders': orders.filter((order) => order['PO List Document Status'] === 'Open').length,
      'Purchase Order Quantity': sumOf(orders, 'PO List Quantity'),
    });
    const bySupplier = Map.groupBy(orders, (order) => order['Supplier Name']);
    expect(spend).toHaveLength(bySupplier.size);
    for (const supplier of spend) {
      const own = bySupplier.get(supplier['Supplier Name'] ?? null) ?? [];
      expect(supplier).toMatchObject({
        'Purchase Orders': own.length,
        'Purchase Order Quantity': sumOf(own, 'PO List Quantity'),
      });
    }
    const amounts = spend.map((supplier) => Number(supplier['Spend']));
    expect(amounts).toEqual(amounts.toSorted((a, b) => b - a));
  });
});
