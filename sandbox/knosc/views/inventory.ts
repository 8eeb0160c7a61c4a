import { today } from '../data/days.ts';
import { planByItem, stockByWarehouse } from './stock.ts';
import { ascending, chosen, documented, inactiveWarehouses, type View, warehouseFacts } from './view.ts';

const group = 'Inventory';

export const inventoryList: View = {
  name: 'inventory_list',
  group,
  privilege: 'Inventory',
  from: `inventory v JOIN items i ON i.id = v.item_id JOIN warehouses w ON w.id = v.warehouse_id
    LEFT JOIN sub_items u ON u.id = v.sub_item_id`,
  columns: [
    documented('id', 'id', 'v.id'),
    documented('Item Id', 'id', 'i.id'),
    documented('Item Number', 'link', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('Sub Item Id', 'id', 'u.id'),
    documented('Sub Item Number', 'text', 'u.number'),
    documented('Warehouse Id', 'id', 'w.id'),
    documented('Warehouse Number', 'link', 'w.number'),
    documented('Warehouse Name', 'text', 'w.name'),
    documented('Inventory Quantity', 'quantity', 'v.quantity'),
    documented('Inventory Date', 'date', 'v.date'),
    documented('Inventory Unique Id', 'text', 'v.unique_id'),
  ],
  hiddenColumns: [chosen('Warehouse Status', 'text', 'w.status')],
  defaultSort: ascending('Item Number'),
  leavesOut: [inactiveWarehouses],
};

export const inventoryItem: View = {
  name: 'inventory_item',
  group,
  privilege: 'Inventory',
  from: `${stockByWarehouse} q JOIN items i ON i.id = q.item_id JOIN warehouses w ON w.id = q.warehouse_id`,
  columns: [
    documented('Warehouse Number', 'link', 'w.number'),
    documented('Inventory Quantity', 'quantity', 'q.stock'),
    documented('Open PO Quantity', 'quantity', 'q.po'),
    documented('Open SO Quantity', 'quantity', 'q.so'),
    documented('Open MO Quantity', 'quantity', 'q.mo'),
  ],
  hiddenColumns: [
    chosen('id', 'id', 'i.id * 1000 + w.id'),
    documented('Warehouse Name', 'text', 'w.name'),
    // What is being made does not count: Knosc's example is 850 + 200 - 300 = 750, with 500 in manufacture.
    documented('Net Available', 'quantity', 'q.stock + q.po - q.so'),
    documented('Item Number', 'link', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('Item Type', 'text', 'i.type'),
    chosen('Item Id', 'id', 'i.id'),
    ...warehouseFacts,
  ],
  defaultSort: ascending('Warehouse Number'),
  leavesOut: [inactiveWarehouses],
};

const inStockDays = 'CAST(p.stock / p.daily AS INTEGER)';
const projectedDays = 'CAST((p.stock + p.expected + p.made) / p.daily AS INTEGER)';
const reorderPoint = 'i.safety_stock + CAST(p.daily * i.lead_time_days AS INTEGER)';

/** Nothing runs out within ten years, or it does not run out. */
function dayIn(days: string): string {
  return `CASE WHEN ${days} <= 3650 THEN date('${today}', max(${days}, 0) || ' days') END`;
}

/** One row for an item. Knosc's pages have labels only; how the planner reckons is chosen. */
export const inventoryPlanning: View = {
  name: 'inventory_planning',
  group,
  privilege: 'Inventory Planning',
  from: `${planByItem} p JOIN items i ON i.id = p.item_id`,
  columns: [
    chosen('Item Number', 'link', 'i.number'),
    chosen('Item Description', 'prose', 'i.description'),
    chosen('Customer Item Number', 'text', 'i.customer_item_number'),
    chosen('In Stock', 'quantity', 'p.stock'),
    chosen('In Stock Days', 'quantity', inStockDays),
    chosen('Expected', 'quantity', 'p.expected'),
    chosen('Expected Days', 'quantity', 'CAST(p.expected / p.daily AS INTEGER)'),
    chosen('Manufacturing', 'quantity', 'p.made'),
    chosen('Projected Days', 'quantity', projectedDays),
    chosen('Demand', 'quantity', 'p.demand'),
    chosen('Forecast', 'quantity', 'p.forecast'),
    chosen('Reorder Point', 'quantity', reorderPoint),
    chosen(
      'Reorder Quantity',
      'quantity',
      `max(${reorderPoint} + CAST(p.daily * 30 AS INTEGER) - p.stock - p.expected - p.made, 0)`,
    ),
    chosen('Safety Stock', 'quantity', 'i.safety_stock'),
    chosen('First Reorder Date', 'date', dayIn(`(${inStockDays} - i.lead_time_days)`)),
    chosen('Last Reorder Date', 'date', dayIn(`(${projectedDays} - i.lead_time_days)`)),
    chosen('First Run Out Date', 'date', dayIn(inStockDays)),
    chosen('Last Run Out Date', 'date', dayIn(projectedDays)),
  ],
  hiddenColumns: [chosen('id', 'id', 'i.id'), chosen('Item Id', 'id', 'i.id'), chosen('Item Type', 'text', 'i.type')],
  defaultSort: ascending('Item Number'),
  leavesOut: [],
};

/** What lies where, what it is worth, and what of it was sold. */
export const inventoryAnalysis: View = {
  name: 'inventory_analysis',
  group,
  privilege: 'Inventory',
  from: `(
      SELECT item_id, warehouse_id, sum(stock) AS stock, sum(sold) AS sold FROM (
        SELECT item_id, warehouse_id, quantity AS stock, 0 AS sold FROM inventory
        UNION ALL SELECT item_id, warehouse_id, 0, quantity FROM sales_order_lines WHERE status <> 'Open'
      ) GROUP BY item_id, warehouse_id
    ) q JOIN items i ON i.id = q.item_id JOIN warehouses w ON w.id = q.warehouse_id`,
  columns: [
    chosen('Item Number', 'link', 'i.number'),
    chosen('Item Description', 'prose', 'i.description'),
    chosen('Item Type', 'text', 'i.type'),
    chosen('Warehouse Number', 'link', 'w.number'),
    chosen('Warehouse Name', 'text', 'w.name'),
    chosen('Inventory Quantity', 'quantity', 'q.stock'),
    chosen('Unit Cost', 'money', 'i.cost'),
    chosen('Inventory Value', 'money', 'round(q.stock * i.cost, 2)'),
    chosen('Sold Quantity', 'quantity', 'q.sold'),
    chosen('Turnover', 'measure', 'CASE WHEN q.stock > 0 THEN round(1.0 * q.sold / q.stock, 2) END'),
  ],
  hiddenColumns: [chosen('id', 'id', 'i.id * 1000 + w.id'), chosen('Item Id', 'id', 'i.id'), ...warehouseFacts],
  defaultSort: ascending('Item Number'),
  leavesOut: [inactiveWarehouses],
};
