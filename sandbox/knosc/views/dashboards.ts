import { chosen, type View } from './view.ts';

/** One row of totals. Knosc documents no dashboard's columns. */
export const dashboardStatistics: View = {
  name: 'dashboard_statistics',
  privilege: 'Dashboard',
  from: '(SELECT 1 AS id) d',
  columns: [
    chosen('Total Purchase Orders', 'number', "(SELECT count(*) FROM purchase_orders WHERE status <> 'Suggested')"),
    chosen('Open Purchase Orders', 'number', "(SELECT count(*) FROM purchase_orders WHERE status = 'Open')"),
    chosen(
      'Purchase Order Quantity',
      'number',
      "(SELECT sum(quantity) FROM purchase_orders WHERE status <> 'Suggested')",
    ),
    chosen('Total Items', 'number', '(SELECT count(*) FROM items)'),
    chosen('Total Suppliers', 'number', '(SELECT count(*) FROM suppliers)'),
    chosen('Active Warehouses', 'number', "(SELECT count(*) FROM warehouses WHERE status = 'Active')"),
  ],
  hiddenColumns: [chosen('id', 'number', 'd.id')],
  defaultSort: { key: 'id', type: 'Ascending' },
  tieBreaker: 'id',
};

/** What was ordered from each supplier, suggested orders left out: the sum of its lines. */
export const dashboardSpendBySupplier: View = {
  name: 'dashboard_spend_by_supplier',
  privilege: 'Spend Analytics',
  from: `suppliers s JOIN (
      SELECT o.supplier_id, count(DISTINCT o.id) AS orders, sum(l.quantity) AS quantity, round(sum(l.quantity * l.price), 2) AS spend
      FROM purchase_order_lines l JOIN purchase_orders o ON o.id = l.order_id
      WHERE o.status <> 'Suggested' GROUP BY o.supplier_id
    ) t ON t.supplier_id = s.id`,
  columns: [
    chosen('Supplier Number', 'string-link', 's.number'),
    chosen('Supplier Name', 'string-link', 's.name'),
    chosen('Purchase Orders', 'number', 't.orders'),
    chosen('Purchase Order Quantity', 'number', 't.quantity'),
    chosen('Spend', 'number', 't.spend'),
  ],
  hiddenColumns: [chosen('id', 'number', 's.id')],
  defaultSort: { key: 'Spend', type: 'Descending' },
  tieBreaker: 'id',
};
