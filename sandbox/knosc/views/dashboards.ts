import { planByItem, stockByWarehouse } from './stock.ts';
import { ascending, chosen, type Column, descending, inactiveWarehouses, type View, warehouseFacts } from './view.ts';

/** Knosc documents no dashboard's columns, and only three names; the other names follow from the endpoints'. */
const group = 'Dashboard / Analytics';

const realPurchases = `purchase_order_lines l JOIN purchase_orders o ON o.id = l.order_id WHERE o.status <> 'Suggested'`;
const sales = 'sales_order_lines l JOIN sales_orders o ON o.id = l.order_id';
const oneRow = { hiddenColumns: [chosen('id', 'id', 'd.id')], defaultSort: ascending('id'), leavesOut: [] };

const parties = {
  customer: { table: 'customers', id: 'o.customer_id', title: 'Customer', nameKey: 'Customer Name', name: 'e.name' },
  supplier: { table: 'suppliers', id: 'o.supplier_id', title: 'Supplier', nameKey: 'Supplier Name', name: 'e.name' },
  item: { table: 'items', id: 'l.item_id', title: 'Item', nameKey: 'Item Description', name: 'e.description' },
};

/** One row of counts. */
export const dashboardStatistics: View = {
  name: 'dashboard_statistics',
  group,
  privilege: 'Dashboard',
  from: '(SELECT 1 AS id) d',
  columns: [
    count('Total Purchase Orders', "purchase_orders WHERE status <> 'Suggested'"),
    count('Open Purchase Orders', "purchase_orders WHERE status = 'Open'"),
    chosen(
      'Purchase Order Quantity',
      'quantity',
      "(SELECT sum(quantity) FROM purchase_orders WHERE status <> 'Suggested')",
    ),
    count('Total Sales Orders', 'sales_orders'),
    count('Open Sales Orders', "sales_orders WHERE status IN ('Open', 'Partially Shipped')"),
    count('Total Manufacturing Orders', 'manufacturing_orders'),
    count('Active Forecasts', "forecasts WHERE status = 'Active'"),
    count('Total Items', 'items'),
    count('Total Suppliers', 'suppliers'),
    count('Total Customers', 'customers'),
    count('Active Warehouses', "warehouses WHERE status = 'Active'"),
  ],
  ...oneRow,
};

/** One row of amounts. */
export const dashboardTotal: View = {
  name: 'dashboard_total',
  group,
  privilege: 'Dashboard',
  from: '(SELECT 1 AS id) d',
  columns: [
    chosen('Total Spend', 'money', `(SELECT round(sum(l.quantity * l.price), 2) FROM ${realPurchases})`),
    chosen('Total Revenue', 'money', `(SELECT round(sum(l.quantity * l.price), 2) FROM ${sales})`),
    chosen(
      'Total Inventory Value',
      'money',
      '(SELECT round(sum(v.quantity * i.cost), 2) FROM inventory v JOIN items i ON i.id = v.item_id)',
    ),
    chosen('Total Inventory Quantity', 'quantity', '(SELECT sum(quantity) FROM inventory)'),
  ],
  ...oneRow,
};

/** Every place: warehouses, ship-froms and ship-tos. */
export const dashboardWorldMap: View = {
  name: 'dashboard_world_map',
  group,
  privilege: 'Dashboard',
  from: `(
      SELECT 'Warehouse' AS type, number, name, address, latitude, longitude, NULL AS supplier_id, NULL AS customer_id,
        id AS warehouse_id, status AS warehouse_status FROM warehouses
      UNION ALL SELECT 'Ship From', number, name, address, latitude, longitude, supplier_id, NULL, NULL, NULL FROM ship_froms
      UNION ALL SELECT 'Ship To', number, name, address, latitude, longitude, NULL, customer_id, NULL, NULL FROM ship_tos
    ) m`,
  columns: [
    chosen('Location Type', 'text', 'm.type'),
    chosen('Location Number', 'text', 'm.number'),
    chosen('Location Name', 'text', 'm.name'),
    chosen('Location Address', 'prose', 'm.address'),
    chosen('Latitude', 'measure', 'm.latitude'),
    chosen('Longitude', 'measure', 'm.longitude'),
  ],
  hiddenColumns: [
    // Numbers of the three kinds never meet: WH-, SF-, ST-.
    chosen('id', 'text', 'm.number'),
    chosen('Supplier Id', 'id', 'm.supplier_id'),
    chosen('Customer Id', 'id', 'm.customer_id'),
    chosen('Warehouse Id', 'id', 'm.warehouse_id'),
    chosen('Warehouse Status', 'text', 'm.warehouse_status'),
  ],
  defaultSort: ascending('Location Number'),
  leavesOut: [inactiveWarehouses],
};

export const dashboardAnalyticsSalesOrders = ordersByMonth('sales', 'Sales Analytics', sales);
export const dashboardAnalyticsPurchaseOrders = ordersByMonth('purchase', 'Procurement Analytics', realPurchases);

export const dashboardRevenueByCustomer = amountsBy('revenue', 'customer');
export const dashboardRevenueByItem = amountsBy('revenue', 'item');
/** What was ordered from each supplier, suggested orders left out: the sum of its lines. */
export const dashboardSpendBySupplier = amountsBy('spend', 'supplier');
export const dashboardSpendByItem = amountsBy('spend', 'item');

/** How many items are how well off. */
export const dashboardInventoryPlanning: View = {
  name: 'dashboard_inventory_planning',
  group,
  privilege: 'Inventory Planning',
  from: `(
      SELECT CASE WHEN p.stock = 0 THEN 1 WHEN p.stock < i.safety_stock THEN 2 ELSE 3 END AS id, count(*) AS items,
        sum(p.stock) AS stock, sum(p.demand) AS demand
      FROM ${planByItem} p JOIN items i ON i.id = p.item_id GROUP BY 1
    ) d`,
  columns: [
    chosen(
      'Stock Level',
      'text',
      "CASE d.id WHEN 1 THEN 'Out of Stock' WHEN 2 THEN 'Below Safety Stock' ELSE 'In Stock' END",
    ),
    chosen('Items', 'quantity', 'd.items'),
    chosen('In Stock', 'quantity', 'd.stock'),
    chosen('Demand', 'quantity', 'd.demand'),
  ],
  ...oneRow,
};

/** What lies in each warehouse. */
export const dashboardInventoryDistribution: View = {
  name: 'dashboard_inventory_distribution',
  group,
  privilege: 'Inventory',
  from: `(
      SELECT v.warehouse_id, count(DISTINCT v.item_id) AS items, sum(v.quantity) AS quantity,
        round(sum(v.quantity * i.cost), 2) AS value
      FROM inventory v JOIN items i ON i.id = v.item_id GROUP BY v.warehouse_id
    ) d JOIN warehouses w ON w.id = d.warehouse_id`,
  columns: [
    chosen('Warehouse Number', 'link', 'w.number'),
    chosen('Warehouse Name', 'text', 'w.name'),
    chosen('Items', 'quantity', 'd.items'),
    chosen('Inventory Quantity', 'quantity', 'd.quantity'),
    chosen('Inventory Value', 'money', 'd.value'),
  ],
  hiddenColumns: [chosen('id', 'id', 'w.id'), ...warehouseFacts],
  defaultSort: descending('Inventory Quantity'),
  leavesOut: [inactiveWarehouses],
};

export const dashboardInventoryByItemAndWarehouse = byItemAndWarehouse('inventory', 'Inventory', [
  chosen('Inventory Quantity', 'quantity', 'q.stock'),
  chosen('Inventory Value', 'money', 'round(q.stock * i.cost, 2)'),
]);

export const dashboardDemandByItemAndWarehouse = byItemAndWarehouse('demand', 'Demand', [
  chosen('Open SO Quantity', 'quantity', 'q.so'),
  chosen('Net Available', 'quantity', 'q.stock + q.po - q.so'),
]);

function count(key: string, what: string): Column {
  return chosen(key, 'quantity', `(SELECT count(*) FROM ${what})`);
}

function ordersByMonth(kind: 'sales' | 'purchase', privilege: View['privilege'], lines: string): View {
  const amount = kind === 'sales' ? 'Revenue' : 'Spend';
  return {
    name: `dashboard_analytics_${kind}_orders`,
    group,
    privilege,
    from: `(
      SELECT date(o.order_date, 'start of month') AS month, count(DISTINCT o.id) AS orders, sum(l.quantity) AS quantity,
        round(sum(l.quantity * l.price), 2) AS amount FROM ${lines} GROUP BY 1
    ) d`,
    columns: [
      chosen('Month', 'date', 'd.month'),
      chosen('Orders', 'quantity', 'd.orders'),
      chosen('Quantity', 'quantity', 'd.quantity'),
      chosen(amount, 'money', 'd.amount'),
    ],
    hiddenColumns: [chosen('id', 'text', 'd.month')],
    defaultSort: ascending('Month'),
    leavesOut: [],
  };
}

/** Sums over the order lines of each customer, supplier or item. */
function amountsBy(amount: 'revenue' | 'spend', party: keyof typeof parties): View {
  const { table, id, title, nameKey, name } = parties[party];
  const isRevenue = amount === 'revenue';
  const orders = isRevenue ? 'Sales Order' : 'Purchase Order';
  const amountKey = isRevenue ? 'Revenue' : 'Spend';
  return {
    name: `dashboard_${amount}_by_${party}`,
    group,
    privilege: `${amountKey} Analytics`,
    from: `(
      SELECT ${id} AS id, count(DISTINCT o.id) AS orders, sum(l.quantity) AS quantity, round(sum(l.quantity * l.price), 2) AS amount
      FROM ${isRevenue ? sales : realPurchases} GROUP BY 1
    ) d JOIN ${table} e ON e.id = d.id`,
    columns: [
      chosen(`${title} Number`, 'link', 'e.number'),
      chosen(nameKey, party === 'item' ? 'prose' : 'link', name),
      chosen(`${orders}s`, 'quantity', 'd.orders'),
      chosen(`${orders} Quantity`, 'quantity', 'd.quantity'),
      chosen(amountKey, 'money', 'd.amount'),
    ],
    hiddenColumns: [chosen('id', 'id', 'e.id'), chosen(`${title} Id`, 'id', 'e.id')],
    defaultSort: descending(amountKey),
    leavesOut: [],
  };
}

function byItemAndWarehouse(
  what: 'inventory' | 'demand',
  privilege: View['privilege'],
  columns: readonly Column[],
): View {
  return {
    name: `dashboard_${what}_by_item_and_warehouse`,
    group,
    privilege,
    from: `${stockByWarehouse} q JOIN items i ON i.id = q.item_id JOIN warehouses w ON w.id = q.warehouse_id`,
    columns: [
      chosen('Item Number', 'link', 'i.number'),
      chosen('Warehouse Number', 'link', 'w.number'),
      chosen('Warehouse Name', 'text', 'w.name'),
      ...columns,
    ],
    hiddenColumns: [
      chosen('id', 'id', 'i.id * 1000 + w.id'),
      chosen('Item Id', 'id', 'i.id'),
      chosen('Item Description', 'prose', 'i.description'),
      ...warehouseFacts,
    ],
    defaultSort: ascending('Item Number'),
    leavesOut: [inactiveWarehouses],
  };
}
