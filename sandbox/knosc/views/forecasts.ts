import { ascending, chosen, descending, documented, inactiveWarehouses, type View, warehouseFacts } from './view.ts';

const group = 'Forecasts';
const lines = `forecast_lines l
    JOIN forecasts o ON o.id = l.forecast_id
    JOIN customers c ON c.id = o.customer_id
    JOIN items i ON i.id = l.item_id
    JOIN warehouses w ON w.id = l.warehouse_id
    JOIN ship_tos t ON t.id = l.ship_to_id
    LEFT JOIN sub_items u ON u.id = l.sub_item_id`;
const customerId = chosen('Customer Id', 'id', 'c.id');
const itemFacts = [chosen('Item Id', 'id', 'i.id'), chosen('Item Number', 'link', 'i.number')];

export const forecastList: View = {
  name: 'forecast_list',
  group,
  privilege: 'Forecast',
  from: 'forecasts o JOIN customers c ON c.id = o.customer_id',
  columns: [
    documented('id', 'id', 'o.id'),
    documented('Forecast List Number', 'link', 'o.number'),
    documented('Forecast List Date', 'date', 'o.date'),
    documented('Forecast List Document Status', 'text', 'o.status'),
    chosen('Customer Number', 'link', 'c.number'),
    chosen('Customer Name', 'link', 'c.name'),
    chosen('Forecast Total Items', 'quantity', 'o.total_items'),
    chosen('Forecast List Quantity', 'quantity', 'o.quantity'),
  ],
  hiddenColumns: [customerId],
  lines: {
    from: 'forecast_lines l JOIN items i ON i.id = l.item_id JOIN warehouses w ON w.id = l.warehouse_id',
    documentId: 'l.forecast_id',
    columns: [
      chosen('Forecast Details Document Status', 'text', 'l.status'),
      chosen('Forecast Details Quantity', 'quantity', 'l.quantity'),
      chosen('Forecast Details Date', 'date', 'l.date'),
      ...itemFacts,
      chosen('Warehouse Number', 'link', 'w.number'),
      ...warehouseFacts,
    ],
  },
  defaultSort: ascending('Forecast List Date'),
  leavesOut: [],
};

export const forecastDetails: View = {
  name: 'forecast_details',
  group,
  privilege: 'Forecast',
  from: lines,
  columns: [
    chosen('Forecast List Number', 'link', 'o.number'),
    documented('id', 'id', 'l.id'),
    documented('Item Id', 'id', 'i.id'),
    documented('Item Number', 'link', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('Warehouse Id', 'id', 'w.id'),
    documented('Warehouse Number', 'link', 'w.number'),
    documented('Forecast Details Quantity', 'quantity', 'l.quantity'),
    documented('Forecast Details Date', 'date', 'l.date'),
    documented('Forecast Details Document Status', 'text', 'l.status'),
    documented('Forecast Details Unique Id', 'text', 'l.unique_id'),
    chosen('Customer Name', 'link', 'c.name'),
    chosen('Sub Item Number', 'text', 'u.number'),
    chosen('Warehouse Name', 'text', 'w.name'),
    chosen('Ship To Name', 'text', 't.name'),
    chosen('Forecast Details Price', 'money', 'l.price'),
  ],
  hiddenColumns: [
    chosen('Warehouse Status', 'text', 'w.status'),
    customerId,
    chosen('Customer Number', 'link', 'c.number'),
    chosen('Forecast List Document Status', 'text', 'o.status'),
  ],
  defaultSort: ascending('id'),
  leavesOut: [inactiveWarehouses],
};

/** By analogy with `purchase_order_item`. */
export const forecastItem: View = {
  name: 'forecast_item',
  group,
  privilege: 'Forecast',
  from: lines,
  columns: [
    chosen('Forecast List Number', 'link', 'o.number'),
    chosen('Customer Name', 'link', 'c.name'),
    chosen('Warehouse Number', 'link', 'w.number'),
    chosen('Forecast Details Document Status', 'text', 'l.status'),
    chosen('Forecast Details Quantity', 'quantity', 'l.quantity'),
    chosen('Forecast Details Date', 'date', 'l.date'),
  ],
  hiddenColumns: [
    chosen('id', 'id', 'l.id'),
    ...itemFacts,
    customerId,
    chosen('Warehouse Name', 'text', 'w.name'),
    ...warehouseFacts,
  ],
  defaultSort: descending('Forecast Details Date'),
  leavesOut: [inactiveWarehouses],
};

/** By month: what was forecast for it, and what was shipped in it. */
export const forecastOverTime: View = {
  name: 'forecast_over_time',
  group,
  privilege: 'Forecast Over Time',
  from: `(
      SELECT item_id, warehouse_id, period, sum(forecast) AS forecast, sum(actual) AS actual FROM (
        SELECT item_id, warehouse_id, date(date, 'start of month') AS period, quantity AS forecast, 0 AS actual
          FROM forecast_lines WHERE date IS NOT NULL
        UNION ALL
        SELECT item_id, warehouse_id, date(ship_date, 'start of month'), 0, quantity
          FROM sales_order_lines WHERE status <> 'Open'
      ) GROUP BY item_id, warehouse_id, period
    ) p JOIN items i ON i.id = p.item_id JOIN warehouses w ON w.id = p.warehouse_id`,
  columns: [
    documented('Item Number', 'link', 'i.number'),
    documented('Warehouse Number', 'link', 'w.number'),
    documented('Period', 'date', 'p.period'),
    documented('Forecast Quantity', 'quantity', 'p.forecast'),
    documented('Actual Quantity', 'quantity', 'p.actual'),
    documented('Variance', 'quantity', 'p.actual - p.forecast'),
  ],
  hiddenColumns: [
    chosen('id', 'text', "printf('%04d-%04d-%s', i.id, w.id, p.period)"),
    chosen('Item Id', 'id', 'i.id'),
    chosen('Item Description', 'prose', 'i.description'),
    ...warehouseFacts,
  ],
  defaultSort: ascending('Period'),
  leavesOut: [inactiveWarehouses],
};

/** Everything that a customer's forecasts ever said of an item beside everything that was sold to it. */
export const forecastVsSales: View = {
  name: 'forecast_vs_sales',
  group,
  privilege: 'Forecast vs Sales',
  from: `(
      SELECT item_id, customer_id, sum(forecast) AS forecast, sum(sales) AS sales FROM (
        SELECT l.item_id, o.customer_id, l.quantity AS forecast, 0 AS sales
          FROM forecast_lines l JOIN forecasts o ON o.id = l.forecast_id
        UNION ALL
        SELECT l.item_id, o.customer_id, 0, l.quantity FROM sales_order_lines l JOIN sales_orders o ON o.id = l.order_id
      ) GROUP BY item_id, customer_id
    ) p JOIN items i ON i.id = p.item_id JOIN customers c ON c.id = p.customer_id`,
  columns: [
    chosen('Item Number', 'link', 'i.number'),
    chosen('Item Description', 'prose', 'i.description'),
    chosen('Customer Number', 'link', 'c.number'),
    chosen('Customer Name', 'link', 'c.name'),
    chosen('Forecast Quantity', 'quantity', 'p.forecast'),
    chosen('Sales Quantity', 'quantity', 'p.sales'),
    chosen('Variance', 'quantity', 'p.sales - p.forecast'),
  ],
  hiddenColumns: [
    chosen('id', 'id', 'i.id * 1000 + c.id'),
    chosen('Item Id', 'id', 'i.id'),
    chosen('Customer Id', 'id', 'c.id'),
  ],
  defaultSort: ascending('Item Number'),
  leavesOut: [],
};
