import { describe, expect, test } from 'vitest';
import { openViewRows, type StoredRow } from './view-rows.ts';

const { all, rows } = openViewRows(600);

function number(row: StoredRow, key: string): number {
  const value = row[key];
  if (typeof value !== 'number') throw new Error(`${key} is ${JSON.stringify(value)}, not a number`);
  return value;
}

/** Sums of `amount` by the values of some columns; what sums to nothing is left out. */
function sumsBy(
  list: readonly StoredRow[],
  keys: readonly string[],
  amount: string | ((row: StoredRow) => number),
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const row of list) {
    const key = keys.map((name) => row[name]).join(' | ');
    sums.set(key, (sums.get(key) ?? 0) + (typeof amount === 'string' ? number(row, amount) : amount(row)));
  }
  return new Map(
    [...sums]
      .map(([key, sum]) => [key, Math.round(sum * 100) / 100] as const)
      .filter(([, sum]) => sum !== 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** How many different values of `key` there are for each value of another column. */
function distinctBy(list: readonly StoredRow[], by: string, key: string): ReadonlyMap<string, number> {
  const counted = Map.groupBy(list, (row) => String(row[by]));
  return new Map(
    [...counted]
      .map(([value, own]) => [value, new Set(own.map((row) => row[key])).size] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const where = (list: readonly StoredRow[], key: string, value: string) => list.filter((row) => row[key] === value);
const whereNot = (list: readonly StoredRow[], key: string, value: string) => list.filter((row) => row[key] !== value);
const amountOf = (prefix: string) => (row: StoredRow) =>
  number(row, `${prefix} Details Quantity`) * number(row, `${prefix} Details Price`);

const purchaseLines = all('purchase_order_details');
const realPurchaseLines = whereNot(purchaseLines, 'PO Details Document Status', 'Suggested');
const salesLines = all('sales_order_details');
const manufacturingLines = all('manufacturing_order_details');
const forecastLines = all('forecast_details');

describe('a document is the sum of its lines', () => {
  test.each([
    [
      'purchase_order_list',
      'PO List Number',
      'PO Total Items',
      'PO List Quantity',
      purchaseLines,
      'PO Details Quantity',
    ],
    ['sales_order_list', 'SO List Number', 'SO Total Items', 'SO List Quantity', salesLines, 'SO Details Quantity'],
    [
      'manufacturing_order_list',
      'MO List Number',
      'MO Total Items',
      'MO List Quantity',
      manufacturingLines,
      'MO Details Quantity',
    ],
    [
      'forecast_list',
      'Forecast List Number',
      'Forecast Total Items',
      'Forecast List Quantity',
      forecastLines,
      'Forecast Details Quantity',
    ],
  ])('in %s', (list, key, items, quantity, lines, lineQuantity) => {
    const documents = all(list);
    expect(documents.length).toBeGreaterThan(50);
    expect(sumsBy(documents, [key], quantity)).toEqual(sumsBy(lines, [key], lineQuantity));
    const itemsOf = Map.groupBy(lines, (line) => line[key]);
    for (const document of documents) {
      const own = itemsOf.get(document[key] ?? null) ?? [];
      expect(document[items]).toBe(new Set(own.map((line) => line['Item Id'])).size);
    }
  });

  test('and a sales order is as open or shipped as they are', () => {
    const linesOf = Map.groupBy(salesLines, (line) => line['SO List Number']);
    const seen = new Set<unknown>();
    for (const order of all('sales_order_list')) {
      const own = linesOf.get(order['SO List Number'] ?? null) ?? [];
      const open = where(own, 'SO Details Document Status', 'Open').length;
      const closed = where(own, 'SO Details Document Status', 'Closed').length;
      const status =
        closed === own.length ? 'Closed' : open === own.length ? 'Open' : open === 0 ? 'Shipped' : 'Partially Shipped';
      const fulfilled = open === own.length ? 'Not Fulfilled' : open === 0 ? 'Fulfilled' : 'Partially Fulfilled';
      expect([order['SO List Document Status'], order['SO Fulfillment Status']]).toEqual([status, fulfilled]);
      seen.add(status);
    }
    expect(seen.size).toBe(4);
  });

  test.each([
    ['purchase_order_item', 'purchase_order_details', 'PO Details'],
    ['sales_order_item', 'sales_order_details', 'SO Details'],
    ['manufacturing_order_item', 'manufacturing_order_details', 'MO Details'],
    ['forecast_item', 'forecast_details', 'Forecast Details'],
  ])('%s holds the lines of %s', (item, details, prefix) => {
    const facts = ['id', 'Item Number', 'Warehouse Number', `${prefix} Quantity`, `${prefix} Document Status`];
    const pick = (row: StoredRow) => facts.map((key) => row[key]);
    expect(all(item).map(pick)).toEqual(all(details).map(pick));
  });
});

describe('stock and what open orders bring or take', () => {
  const place = ['Item Number', 'Warehouse Number'];
  const ofPlaces = all('inventory_item');
  const openLines = {
    po: where(purchaseLines, 'PO Details Document Status', 'Open'),
    so: where(salesLines, 'SO Details Document Status', 'Open'),
    mo: where(manufacturingLines, 'MO Details Document Status', 'Open'),
  };

  test.each([
    ['Inventory Quantity', all('inventory_list'), 'Inventory Quantity'],
    ['Open PO Quantity', openLines.po, 'PO Details Quantity'],
    ['Open SO Quantity', openLines.so, 'SO Details Quantity'],
    ['Open MO Quantity', openLines.mo, 'MO Details Quantity'],
  ])('of inventory_item: %s', (key, lines, quantity) => {
    expect(sumsBy(ofPlaces, place, key)).toEqual(sumsBy(lines, place, quantity));
  });

  test('Net Available is stock plus purchases less sales', () => {
    for (const row of ofPlaces) {
      const net = number(row, 'Inventory Quantity') + number(row, 'Open PO Quantity') - number(row, 'Open SO Quantity');
      expect(row['Net Available']).toBe(net);
    }
  });

  test.each([
    ['In Stock', 'Inventory Quantity'],
    ['Expected', 'Open PO Quantity'],
    ['Demand', 'Open SO Quantity'],
    ['Manufacturing', 'Open MO Quantity'],
  ])('inventory_planning: %s is the sum over the warehouses', (key, quantity) => {
    expect(sumsBy(all('inventory_planning'), ['Item Number'], key)).toEqual(
      sumsBy(ofPlaces, ['Item Number'], quantity),
    );
  });

  test('the forecast of inventory_planning is that of the active forecasts', () => {
    const active = where(forecastLines, 'Forecast Details Document Status', 'Active');
    const forecast = sumsBy(active, ['Item Number'], 'Forecast Details Quantity');
    expect(sumsBy(all('inventory_planning'), ['Item Number'], 'Forecast')).toEqual(forecast);
  });

  test('the dashboards add up to the same', () => {
    const stock = sumsBy(all('inventory_list'), place, 'Inventory Quantity');
    expect(sumsBy(all('dashboard_inventory_by_item_and_warehouse'), place, 'Inventory Quantity')).toEqual(stock);
    expect(sumsBy(all('inventory_analysis'), place, 'Inventory Quantity')).toEqual(stock);
    const demand = sumsBy(openLines.so, place, 'SO Details Quantity');
    expect(sumsBy(all('dashboard_demand_by_item_and_warehouse'), place, 'Open SO Quantity')).toEqual(demand);
    const available = sumsBy(ofPlaces, place, 'Net Available');
    expect(sumsBy(all('dashboard_demand_by_item_and_warehouse'), place, 'Net Available')).toEqual(available);
    const byWarehouse = sumsBy(all('inventory_list'), ['Warehouse Number'], 'Inventory Quantity');
    expect(sumsBy(all('dashboard_inventory_distribution'), ['Warehouse Number'], 'Inventory Quantity')).toEqual(
      byWarehouse,
    );
    const total = sumsBy(all('inventory_list'), [], 'Inventory Quantity');
    expect(sumsBy(all('dashboard_total'), [], 'Total Inventory Quantity')).toEqual(total);
    expect(sumsBy(all('dashboard_inventory_planning'), [], 'In Stock')).toEqual(total);
    expect(sumsBy(all('dashboard_inventory_planning'), [], 'Items')).toEqual(sumsBy(all('item_master'), [], () => 1));
    expect(sumsBy(all('dashboard_inventory_distribution'), ['Warehouse Number'], 'Items')).toEqual(
      distinctBy(all('inventory_list'), 'Warehouse Number', 'Item Number'),
    );
    const value = sumsBy(all('inventory_analysis'), [], 'Inventory Value');
    expect(sumsBy(all('dashboard_total'), [], 'Total Inventory Value')).toEqual(value);
    expect(sumsBy(all('dashboard_inventory_distribution'), [], 'Inventory Value')).toEqual(value);
  });
});

test('dashboard_inventory_planning counts the items of inventory_planning by how well off they are', () => {
  const levels = all('inventory_planning').map((row) => {
    const stock = number(row, 'In Stock');
    const level =
      stock === 0 ? 'Out of Stock' : stock < number(row, 'Safety Stock') ? 'Below Safety Stock' : 'In Stock';
    return { ...row, 'Stock Level': level };
  });
  const dashboard = all('dashboard_inventory_planning');
  expect(sumsBy(dashboard, ['Stock Level'], 'Items')).toEqual(sumsBy(levels, ['Stock Level'], () => 1));
  for (const key of ['In Stock', 'Demand'])
    expect(sumsBy(dashboard, ['Stock Level'], key)).toEqual(sumsBy(levels, ['Stock Level'], key));
});

test('inventory_analysis sets what was shipped from a place against what lies there', () => {
  const place = ['Item Number', 'Warehouse Number'];
  const analysis = all('inventory_analysis');
  const shipped = whereNot(salesLines, 'SO Details Document Status', 'Open');
  expect(sumsBy(analysis, place, 'Sold Quantity')).toEqual(sumsBy(shipped, place, 'SO Details Quantity'));
  const wrong = analysis.filter((row) => {
    const [stock, sold] = [number(row, 'Inventory Quantity'), number(row, 'Sold Quantity')];
    // Rounded to two decimals.
    return stock === 0 ? row['Turnover'] !== null : Math.abs(number(row, 'Turnover') - sold / stock) > 0.00501;
  });
  expect(wrong).toEqual([]);
});

describe('money', () => {
  const spend = amountOf('PO');
  const revenue = amountOf('SO');
  test.each([
    ['dashboard_spend_by_supplier', 'Supplier Number', realPurchaseLines, 'PO', spend, 'Spend', 'Purchase Order'],
    ['dashboard_spend_by_item', 'Item Number', realPurchaseLines, 'PO', spend, 'Spend', 'Purchase Order'],
    ['dashboard_revenue_by_customer', 'Customer Number', salesLines, 'SO', revenue, 'Revenue', 'Sales Order'],
    ['dashboard_revenue_by_item', 'Item Number', salesLines, 'SO', revenue, 'Revenue', 'Sales Order'],
  ])('%s is the sum of the order lines, largest first', (view, key, lines, prefix, amount, column, orders) => {
    expect(sumsBy(all(view), [key], column)).toEqual(sumsBy(lines, [key], amount));
    expect(sumsBy(all(view), [key], `${orders} Quantity`)).toEqual(sumsBy(lines, [key], `${prefix} Details Quantity`));
    expect(sumsBy(all(view), [key], `${orders}s`)).toEqual(distinctBy(lines, key, `${prefix} List Number`));
    const amounts = rows(view).map((row) => number(row, column));
    expect(amounts).toEqual(amounts.toSorted((a, b) => b - a));
  });

  test.each([
    ['purchase', 'PO', 'Spend', 'Total Spend', realPurchaseLines, spend],
    ['sales', 'SO', 'Revenue', 'Total Revenue', salesLines, revenue],
  ])('of %s orders by month, and in all', (kind, prefix, column, total, lines, amount) => {
    const dated = lines.map((line) => ({
      ...line,
      Month: `${String(line[`${prefix} Details Order Date`]).slice(0, 7)}-01`,
    }));
    const months = all(`dashboard_analytics_${kind}_orders`);
    expect(sumsBy(months, ['Month'], column)).toEqual(sumsBy(dated, ['Month'], amount));
    expect(sumsBy(months, ['Month'], 'Quantity')).toEqual(sumsBy(dated, ['Month'], `${prefix} Details Quantity`));
    expect(sumsBy(months, ['Month'], 'Orders')).toEqual(distinctBy(dated, 'Month', `${prefix} List Number`));
    expect(sumsBy(all('dashboard_total'), [], total)).toEqual(sumsBy(lines, [], amount));
  });
});

test('dashboard_statistics counts what the lists list', () => {
  const [statistics] = all('dashboard_statistics');
  const orders = rows('purchase_order_list');
  const salesOrders = all('sales_order_list');
  const isOpen = (order: StoredRow) => ['Open', 'Partially Shipped'].includes(String(order['SO List Document Status']));
  expect(statistics).toEqual({
    id: 1,
    'Total Purchase Orders': orders.length,
    'Open Purchase Orders': where(orders, 'PO List Document Status', 'Open').length,
    'Purchase Order Quantity': sumsBy(orders, [], 'PO List Quantity').get(''),
    'Total Sales Orders': salesOrders.length,
    'Open Sales Orders': salesOrders.filter(isOpen).length,
    'Total Manufacturing Orders': all('manufacturing_order_list').length,
    'Active Forecasts': where(all('forecast_list'), 'Forecast List Document Status', 'Active').length,
    'Total Items': all('item_master').length,
    'Total Suppliers': all('supplier_master').length,
    'Total Customers': all('customer_master').length,
    'Active Warehouses': rows('warehouse_master').length,
  });
});

describe('forecasts and what was sold', () => {
  const monthOf = (day: unknown) => `${String(day).slice(0, 7)}-01`;
  const place = ['Item Number', 'Warehouse Number', 'Period'];

  test('forecast_over_time: by month, of dated forecasts and of what was shipped', () => {
    const months = all('forecast_over_time');
    const forecast = forecastLines
      .filter((line) => line['Forecast Details Date'] !== null)
      .map((line) => ({ ...line, Period: monthOf(line['Forecast Details Date']) }));
    const shipped = whereNot(salesLines, 'SO Details Document Status', 'Open').map((line) => ({
      ...line,
      Period: monthOf(line['SO Details Ship Date']),
    }));
    expect(sumsBy(months, place, 'Forecast Quantity')).toEqual(sumsBy(forecast, place, 'Forecast Details Quantity'));
    expect(sumsBy(months, place, 'Actual Quantity')).toEqual(sumsBy(shipped, place, 'SO Details Quantity'));
    for (const month of months)
      expect(month['Variance']).toBe(number(month, 'Actual Quantity') - number(month, 'Forecast Quantity'));
  });

  test('forecast_vs_sales: by item and customer', () => {
    const pair = ['Item Number', 'Customer Number'];
    const compared = all('forecast_vs_sales');
    expect(sumsBy(compared, pair, 'Forecast Quantity')).toEqual(
      sumsBy(forecastLines, pair, 'Forecast Details Quantity'),
    );
    expect(sumsBy(compared, pair, 'Sales Quantity')).toEqual(sumsBy(salesLines, pair, 'SO Details Quantity'));
    for (const row of compared)
      expect(row['Variance']).toBe(number(row, 'Sales Quantity') - number(row, 'Forecast Quantity'));
  });
});

describe('what refers to something refers to what is there', () => {
  const numbersOf = (view: string, key: string) => new Map(all(view).map((row) => [row['id'], row[key]]));

  test.each([
    ['sub_item_master', 'Item', 'item_master'],
    ['ship_to_master', 'Customer', 'customer_master'],
    ['ship_from_master', 'Supplier', 'supplier_master'],
    ['supplier_allocation', 'Supplier', 'supplier_master'],
    ['supplier_allocation', 'Item', 'item_master'],
    ['asn_list', 'Warehouse', 'warehouse_master'],
    ['asn_list', 'Ship From', 'ship_from_master'],
    ['inventory_list', 'Warehouse', 'warehouse_master'],
    ['manufacturing_order_details', 'Sub Item', 'sub_item_master'],
  ])('%s: %s Id and Number are those of %s', (view, noun, master) => {
    const numbers = numbersOf(master, `${noun} Number`);
    const referring = all(view).filter((row) => row[`${noun} Id`] !== null);
    expect(referring.length).toBeGreaterThan(0);
    for (const row of referring) expect(row[`${noun} Number`]).toBe(numbers.get(row[`${noun} Id`] ?? null));
  });

  test('masters list and count what hangs on them', () => {
    const subItems = sumsBy(all('sub_item_master'), ['Item Number'], () => 1);
    expect(sumsBy(all('item_master'), ['Item Number'], 'Number of Sub-Items')).toEqual(subItems);
    const placesOf = (view: string, owner: string, place: string) => {
      const byOwner = Map.groupBy(all(view), (row) => String(row[owner]));
      return new Map(
        [...byOwner].map(([key, list]) => [
          key,
          list
            .map((row) => row[place])
            .toSorted()
            .join(', '),
        ]),
      );
    };
    const shipTos = placesOf('ship_to_master', 'Customer Number', 'Ship To Number');
    for (const row of all('customer_master'))
      expect(row['Ship To Locations']).toBe(shipTos.get(String(row['Customer Number'])));
    const shipFroms = placesOf('ship_from_master', 'Supplier Number', 'Ship From Number');
    for (const row of all('supplier_master'))
      expect(row['Ship From Locations']).toBe(shipFroms.get(String(row['Supplier Number'])));
  });

  test('an advance shipment notice tells of lines of shipped orders, in their whole quantity', () => {
    const lines = new Map(purchaseLines.map((line) => [line['id'], line]));
    for (const row of all('asn_list')) {
      const line = lines.get(row['PO Details Id'] ?? null);
      expect(line).toMatchObject({
        'PO List Number': row['PO List Number'],
        'Item Number': row['Item Number'],
        'Supplier Number': row['Supplier Number'],
        'Warehouse Number': row['Warehouse Number'],
        'PO Details Quantity': row['ASN Details Quantity'],
      });
    }
  });

  test('active allocations of an item share out all of it', () => {
    const active = where(all('supplier_allocation'), 'Status', 'Active');
    const shares = sumsBy(active, ['Item Number'], 'Allocation Percentage');
    expect(new Set(shares.values())).toEqual(new Set([100]));
  });

  test('every finished good has one bill of materials, and is no part of itself', () => {
    const bills = all('bill_of_materials');
    const goods = where(all('item_master'), 'Item Type', 'Finished Good').map((item) => item['Item Number']);
    const billsOf = Map.groupBy(bills, (row) => row['Item Number']);
    for (const item of goods) expect(new Set(billsOf.get(item ?? null)?.map((row) => row['BOM Number'])).size).toBe(1);
    for (const row of bills) expect(row['Component Item Id']).not.toBe(row['Item Id']);
  });

  test('tickets and log name orders and documents that exist', () => {
    const orders = numbersOf('purchase_order_list', 'PO List Number');
    for (const ticket of all('issue_tracker_tickets').filter((row) => row['Linked PO Id'] !== null))
      expect(ticket['Linked PO Number']).toBe(orders.get(ticket['Linked PO Id'] ?? null));
    const documents = new Set([
      ...orders.values(),
      ...numbersOf('sales_order_list', 'SO List Number').values(),
      ...numbersOf('manufacturing_order_list', 'MO List Number').values(),
      ...numbersOf('forecast_list', 'Forecast List Number').values(),
    ]);
    for (const entry of all('log_list')) expect(documents).toContain(entry['Log Entity Number']);
  });
});
