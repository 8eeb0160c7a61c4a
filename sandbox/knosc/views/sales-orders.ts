import { orderLineColumns } from './order-lines.ts';
import { ascending, chosen, descending, documented, inactiveWarehouses, type View, warehouseFacts } from './view.ts';

const group = 'Sales Orders';
const privilege = 'Demand';
const lines = `sales_order_lines l
    JOIN sales_orders o ON o.id = l.order_id
    JOIN customers c ON c.id = o.customer_id
    JOIN items i ON i.id = l.item_id
    JOIN warehouses w ON w.id = l.warehouse_id
    JOIN ship_tos t ON t.id = l.ship_to_id
    LEFT JOIN sub_items u ON u.id = l.sub_item_id`;
const customerFacts = [chosen('Customer Id', 'id', 'c.id'), chosen('Customer Number', 'text', 'c.number')];

/** Keys by analogy with purchase orders; Knosc's pages have labels only. */
export const salesOrderList: View = {
  name: 'sales_order_list',
  group,
  privilege,
  from: `sales_orders o JOIN customers c ON c.id = o.customer_id JOIN (
      SELECT order_id, sum(CASE WHEN status = 'Open' THEN 0 ELSE quantity END) AS fulfilled FROM sales_order_lines GROUP BY order_id
    ) done ON done.order_id = o.id`,
  columns: [
    chosen('SO List Number', 'link', 'o.number', 'SO #'),
    chosen('Customer Number', 'link', 'c.number', 'Customer #'),
    chosen('Customer Name', 'link', 'c.name'),
    chosen('SO List Order Date', 'date', 'o.order_date'),
    chosen('SO Total Items', 'quantity', 'o.total_items'),
    chosen('SO List Quantity', 'quantity', 'o.quantity'),
    chosen(
      'SO Fulfillment Status',
      'text',
      "CASE done.fulfilled WHEN 0 THEN 'Not Fulfilled' WHEN o.quantity THEN 'Fulfilled' ELSE 'Partially Fulfilled' END",
    ),
    chosen('SO List Document Status', 'text', 'o.status', 'Status'),
  ],
  hiddenColumns: [
    chosen('id', 'id', 'o.id'),
    chosen('Customer Id', 'id', 'c.id'),
    chosen('SO List Servicenow Id', 'text', 'o.servicenow_id'),
  ],
  lines: {
    from: `sales_order_lines l JOIN items i ON i.id = l.item_id JOIN warehouses w ON w.id = l.warehouse_id`,
    documentId: 'l.order_id',
    columns: orderLineColumns('SO'),
  },
  defaultSort: ascending('SO List Order Date'),
  leavesOut: [],
};

export const salesOrderDetails: View = {
  name: 'sales_order_details',
  group,
  privilege,
  from: lines,
  columns: [
    documented('SO List Number', 'link', 'o.number', 'SO #'),
    documented('Customer Name', 'link', 'c.name'),
    chosen('Item Number', 'link', 'i.number'),
    chosen('Item Description', 'prose', 'i.description'),
    chosen('Sub Item Number', 'text', 'u.number'),
    documented('Warehouse Number', 'link', 'w.number', 'Warehouse #'),
    chosen('Warehouse Name', 'text', 'w.name'),
    chosen('Ship To Number', 'text', 't.number'),
    documented('SO Details Quantity', 'quantity', 'l.quantity'),
    documented('SO Details Document Status', 'text', 'l.status', 'Status'),
    chosen('SO Details Order Date', 'date', 'l.order_date'),
    documented('SO Details Ship Date', 'date', 'l.ship_date'),
    chosen('SO Details ETA Date', 'date', 'l.eta_date'),
    chosen('SO Details Price', 'money', 'l.price'),
    chosen('SO Details Unique Id', 'text', 'l.unique_id'),
  ],
  hiddenColumns: [
    chosen('id', 'id', 'l.id'),
    ...customerFacts,
    ...warehouseFacts,
    chosen('Item Id', 'id', 'i.id'),
    chosen('SO List Document Status', 'text', 'o.status'),
  ],
  defaultSort: ascending('id'),
  leavesOut: [inactiveWarehouses],
};

export const salesOrderItem: View = {
  name: 'sales_order_item',
  group,
  privilege,
  from: lines,
  columns: [
    documented('SO List Number', 'link', 'o.number', 'SO #'),
    documented('Customer Name', 'link', 'c.name'),
    documented('Warehouse Number', 'link', 'w.number', 'Warehouse #'),
    documented('SO Details Document Status', 'text', 'l.status', 'Status'),
    documented('SO Details Quantity', 'quantity', 'l.quantity'),
    chosen('SO Details ETA Date', 'date', 'l.eta_date'),
    documented('SO Details Ship Date', 'date', 'l.ship_date'),
  ],
  hiddenColumns: [
    chosen('id', 'id', 'l.id'),
    chosen('Warehouse Name', 'text', 'w.name'),
    chosen('SO Details Order Date', 'date', 'l.order_date'),
    chosen('Item Id', 'id', 'i.id'),
    chosen('Item Number', 'link', 'i.number'),
    ...customerFacts,
    ...warehouseFacts,
  ],
  defaultSort: descending('SO Details ETA Date'),
  leavesOut: [inactiveWarehouses],
};
