import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../functions/ledger/catalogue/catalogue.ts';
import { kindFacts } from '../../../sandbox/knosc/column-kinds.ts';
import { views } from '../../../sandbox/knosc/views/all.ts';
import type { Column } from '../../../sandbox/knosc/views/view.ts';
import { columnWidth } from '../../../sandbox/knosc/workbook.ts';
import { openViewRows, viewNamed } from './view-rows.ts';

const { all, rows } = openViewRows(100);

test("the views are those of the proxy's catalogue, which has all of Knosc's page", () => {
  const names = catalogue.map(({ name }) => name);
  expect([...views.keys()].toSorted()).toEqual(names.toSorted());
  expect(new Set(names).size).toBe(44);
  // The export page's own list, in its order; ten more dashboards are inferred from the endpoints' names.
  expect(names.filter((name) => !name.startsWith('dashboard_')).length + 3).toBe(34);
});

describe.each(catalogue)('$name', ({ name, group, privilege, columns, hiddenColumns }) => {
  const view = viewNamed(name);
  const declared = (column: Column) => ({
    key: column.key,
    format: kindFacts(column.kind).format,
    ...(column.alias !== undefined && { alias: column.alias }),
    isDocumented: column.isDocumented,
  });
  const keys = [...view.columns, ...view.hiddenColumns].map(({ key }) => key);

  test('is declared as the catalogue says', () => {
    expect({ group: view.group, privilege: view.privilege }).toEqual({ group, privilege });
    expect(view.columns.map(declared)).toEqual(columns);
    // The catalogue leaves out what only row rules need.
    expect(view.hiddenColumns.map(declared)).toEqual(expect.arrayContaining([...hiddenColumns]));
    expect(hiddenColumns).toEqual(
      expect.arrayContaining(view.hiddenColumns.filter((c) => c.isDocumented).map(declared)),
    );
  });

  test('has rows, each with an id of its own, in the order of its default sort', () => {
    const ids = all(name).map((row) => row['id']);
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).not.toContain(null);
    expect(new Set(ids).size).toBe(ids.length);
    expect(keys).toContain(view.defaultSort.key);
    expect(rows(name)).toEqual(rows(name, { sort: view.defaultSort }));
  });

  test('names every column once, and has the id behind each number that row rules name', () => {
    const lineKeys = view.lines?.columns.map(({ key }) => key) ?? [];
    expect(new Set([...keys, ...lineKeys]).size).toBe(keys.length + lineKeys.length);
    const every = [...keys, ...lineKeys];
    const named = ['Item', 'Supplier', 'Customer', 'Warehouse'].filter((noun) =>
      every.some((key) => key === `${noun} Number` || key === `${noun} Name`),
    );
    expect(every).toEqual(expect.arrayContaining(named.map((noun) => `${noun} Id`)));
    // Whoever shows a row of a warehouse leaves out the inactive ones.
    expect(view.leavesOut.some(({ key }) => key === 'Warehouse Status')).toBe(keys.includes('Warehouse Id'));
    for (const { key } of view.leavesOut) expect(keys).toContain(key);
  });
});

// Knosc's pages tell the order of these two; the others' is chosen.
test.each([
  ['purchase_order_list', 'PO List Order Date', 'Ascending'],
  ['purchase_order_item', 'PO Details ETA Date', 'Descending'],
])('%s is sorted by %s, %s, as documented', (name, key, type) => {
  expect(viewNamed(name).defaultSort).toEqual({ key, type });
  const values = rows(name).map((row) => String(row[key]));
  const sorted = values.toSorted();
  expect(values).toEqual(type === 'Ascending' ? sorted : sorted.toReversed());
  expect(new Set(values).size).toBeGreaterThan(10);
});

test('columns are as wide as nine in ten of their values, but for prose', () => {
  const cut = [...views.values()].flatMap(({ name, columns }) => {
    const list = all(name);
    return columns
      .filter(({ kind }) => kind !== 'prose')
      .filter((column) => {
        const lengths = list.map((row) => String(row[column.key] ?? '').length).toSorted((a, b) => a - b);
        return (lengths[Math.floor(lengths.length * 0.9)] ?? 0) > columnWidth(column);
      })
      .map(({ key }) => `${name}: ${key}`);
  });
  expect(cut).toEqual([]);
});

describe("the values that recur in Knosc's pages", () => {
  test.each([
    [
      'purchase_order_list',
      42,
      {
        'PO List Number': 'PO-2024-001',
        'Supplier Name': 'Acme Components Ltd.',
        'PO List Document Status': 'Open',
        'PO List Order Date': '2024-03-01',
        'PO Total Items': 3,
        'PO List Quantity': 500,
        'Supplier Id': 7,
        'Supplier Number': 'SUP-007',
        'PO List Servicenow Id': null,
      },
    ],
    [
      'purchase_order_list',
      43,
      {
        'PO List Number': 'PO-2024-002',
        'Supplier Name': 'Global Parts Inc.',
        'PO List Document Status': 'Shipped',
        'PO List Order Date': '2024-03-05',
        'PO Total Items': 1,
        'PO List Quantity': 200,
        'Supplier Number': 'SUP-012',
        'PO List Servicenow Id': 'SN-4892',
      },
    ],
    [
      'purchase_order_item',
      101,
      {
        'PO List Number': 'PO-2024-001',
        'Warehouse Number': 'WH-01',
        'Warehouse Name': 'Main Distribution Center',
        'PO Details Quantity': 200,
        'PO Details ETA Date': '2024-03-15',
        'PO Details Ship Date': '2024-03-08',
        'PO Details Order Date': '2024-03-01',
      },
    ],
    [
      'sales_order_item',
      201,
      {
        'SO List Number': 'SO-2024-001',
        'Customer Name': 'Beta Distributors',
        'SO Details Quantity': 200,
        'SO Details Ship Date': '2024-03-22',
        'SO Details Document Status': 'Open',
        'Warehouse Number': 'WH-01',
      },
    ],
    [
      'manufacturing_order_list',
      55,
      {
        'MO List Number': 'MO-2024-001',
        'MO List Order Date': '2024-03-01',
        'Warehouse Id': 3,
        'Warehouse Number': 'WH-01',
      },
    ],
    [
      'manufacturing_order_details',
      301,
      {
        'Item Id': 55,
        'Item Number': 'ITEM-A',
        'Sub Item Id': null,
        'MO Details Quantity': 500,
        'MO Details Order Date': '2024-03-01',
        'MO Details Start Date': '2024-03-05',
        'MO Details End Date': '2024-03-12',
        'MO Details Unique Id': null,
      },
    ],
    [
      'forecast_list',
      77,
      {
        'Forecast List Number': 'FC-2024-Q1',
        'Forecast List Date': '2024-01-01',
        'Forecast List Document Status': 'Active',
      },
    ],
    [
      'forecast_details',
      501,
      { 'Item Id': 55, 'Warehouse Id': 3, 'Forecast Details Quantity': 500, 'Forecast Details Date': '2024-01-15' },
    ],
    [
      'forecast_over_time',
      '0055-0003-2024-01-01',
      {
        'Item Number': 'ITEM-A',
        'Warehouse Number': 'WH-01',
        Period: '2024-01-01',
        'Forecast Quantity': 500,
        'Actual Quantity': 480,
        Variance: -20,
      },
    ],
    [
      'inventory_list',
      601,
      {
        'Item Number': 'ITEM-A',
        'Warehouse Number': 'WH-01',
        'Inventory Quantity': 850,
        'Inventory Date': '2024-03-01',
        'Inventory Unique Id': 'ERP-INV-001',
      },
    ],
    [
      'inventory_item',
      55_003,
      {
        'Item Number': 'ITEM-A',
        'Item Type': 'Finished Good',
        'Warehouse Number': 'WH-01',
        'Inventory Quantity': 850,
        'Open PO Quantity': 200,
        'Open SO Quantity': 300,
        'Open MO Quantity': 500,
        'Net Available': 750,
      },
    ],
    [
      'item_master',
      55,
      {
        'Item Number': 'ITEM-A',
        'Item Description': 'Widget Assembly - Type A',
        'Item Type': 'Finished Good',
        'Item Unit': 'EA',
        'Item Status': 'Active',
        'Item Servicenow Id': null,
        'Item Weight': 0.5,
        'Item Weight Unit': 'KG',
      },
    ],
    ['item_master', 60, { 'Item Number': 'COMP-X' }],
    ['item_master', 61, { 'Item Number': 'COMP-Y' }],
    [
      'sub_item_master',
      12,
      {
        'Sub Item Number': 'SUB-B1',
        'Sub Item Description': 'Widget B - Blue',
        'Item Id': 56,
        'Item Number': 'ITEM-B',
      },
    ],
    [
      'customer_master',
      4,
      {
        'Customer Number': 'CUST-004',
        'Customer Name': 'Beta Distributors',
        'Customer Email': 'orders@betadist.com',
        'Customer Phone': '+1 555 300 0000',
        'Customer Status': 'Active',
        'Customer Servicenow Id': null,
        'Ship To Locations': 'ST-09',
      },
    ],
    [
      'ship_to_master',
      9,
      {
        'Ship To Number': 'ST-09',
        'Ship To Name': 'Beta East Warehouse',
        'Ship To Address': '456 Commerce Dr, Philadelphia, PA',
        'Customer Id': 4,
        'Customer Number': 'CUST-004',
      },
    ],
    [
      'supplier_master',
      7,
      {
        'Supplier Number': 'SUP-007',
        'Supplier Name': 'Acme Components Ltd.',
        'Supplier Email': 'orders@acme.com',
        'Supplier Phone': '+1 555 200 0000',
        'Supplier Status': 'Active',
        'Supplier Servicenow Id': null,
        'Ship From Locations': 'SF-01',
      },
    ],
    [
      'ship_from_master',
      8,
      {
        'Ship From Number': 'SF-01',
        'Ship From Name': 'Acme East Plant',
        'Ship From Address': '123 Industrial Blvd, Newark, NJ',
        'Supplier Id': 7,
        'Supplier Number': 'SUP-007',
      },
    ],
    [
      'warehouse_master',
      3,
      {
        'Warehouse Number': 'WH-01',
        'Warehouse Name': 'Main Distribution Center',
        'Warehouse Address': '789 Logistics Ave, Chicago, IL',
        'Warehouse Status': 'Active',
      },
    ],
    ['unit_master', 1, { 'Unit Code': 'EA', 'Unit Name': 'Each', 'Unit Type': 'Count' }],
    [
      'bill_of_materials',
      951,
      {
        'BOM Id': 901,
        'BOM Number': 'BOM-A-001',
        'Item Number': 'ITEM-A',
        'Component Item Id': 60,
        'Component Item Number': 'COMP-X',
        'Component Description': 'Component X',
        'Component Quantity': 2,
        'Component Unit': 'EA',
      },
    ],
    ['bill_of_materials', 952, { 'Component Item Number': 'COMP-Y', 'Component Quantity': 1, 'Component Unit': 'KG' }],
    [
      'asn_list',
      1051,
      {
        'ASN Id': 1001,
        'ASN Number': 'ASN-2024-001',
        BOL: 'BOL-789456',
        ETA: '2024-03-15',
        'Ship Date': '2024-03-08',
        Timestamp: '2024-03-07T14:30:00Z',
        'Supplier Number': 'SUP-007',
        'Ship From Number': 'SF-01',
        'ASN Details Quantity': 200,
        'Purchase Order Id': 42,
        'PO Details Id': 101,
      },
    ],
    [
      'supplier_allocation',
      1101,
      {
        'Item Number': 'ITEM-A',
        'Supplier Number': 'SUP-007',
        'Allocation Percentage': 70,
        Priority: 1,
        Status: 'Active',
      },
    ],
    [
      'issue_tracker_tickets',
      'TKT-001',
      {
        Category: 'Procurement',
        'Created At': '2024-03-10T09:00:00Z',
        'Due Date': '2024-03-20',
        'Linked PO Id': 42,
        'Linked PO Number': 'PO-2024-001',
        Notes: 'Called the supplier.',
        Subscribers: 'export@acme.example, procurement@acme.example',
      },
    ],
  ])('%s, %s', (viewName, id, facts) => {
    expect(rows(viewName, { filters: { id } })).toEqual([expect.objectContaining(facts)]);
  });

  test('ITEM-A lies in two warehouses, 1200 in all', () => {
    const places = rows('inventory_item', { filters: { 'Item Number': 'ITEM-A' } }).map(
      (row) => row['Inventory Quantity'],
    );
    expect(places).toEqual([850, 350]);
  });
});

test.each([10, 100, 3000])('are the same with %i orders', (orders) => {
  const other = openViewRows(orders);
  for (const name of ['item_master', 'inventory_list', 'supplier_allocation', 'customer_master', 'bill_of_materials'])
    expect(other.all(name)).toEqual(all(name));
});
