import { ascending, chosen, descending, documented, inactiveWarehouses, type View } from './view.ts';

const group = 'Manufacturing Orders';
const privilege = 'Manufacturing';
const lines = `manufacturing_order_lines l
    JOIN manufacturing_orders o ON o.id = l.order_id
    JOIN items i ON i.id = l.item_id
    JOIN warehouses w ON w.id = o.warehouse_id
    LEFT JOIN sub_items u ON u.id = l.sub_item_id`;

export const manufacturingOrderList: View = {
  name: 'manufacturing_order_list',
  group,
  privilege,
  from: 'manufacturing_orders o JOIN warehouses w ON w.id = o.warehouse_id',
  columns: [
    documented('id', 'id', 'o.id'),
    documented('MO List Number', 'link', 'o.number'),
    documented('MO List Order Date', 'date', 'o.order_date'),
    documented('MO List Document Status', 'text', 'o.status'),
    documented('Warehouse Id', 'id', 'w.id'),
    documented('Warehouse Number', 'link', 'w.number'),
    documented('Warehouse Name', 'text', 'w.name'),
    chosen('MO Total Items', 'quantity', 'o.total_items'),
    chosen('MO List Quantity', 'quantity', 'o.quantity'),
  ],
  hiddenColumns: [chosen('Warehouse Status', 'text', 'w.status')],
  lines: {
    from: 'manufacturing_order_lines l JOIN items i ON i.id = l.item_id',
    documentId: 'l.order_id',
    columns: [
      chosen('MO Details Document Status', 'text', 'l.status'),
      chosen('MO Details Quantity', 'quantity', 'l.quantity'),
      chosen('MO Details End Date', 'date', 'l.end_date'),
      chosen('Item Id', 'id', 'i.id'),
      chosen('Item Number', 'link', 'i.number'),
    ],
  },
  defaultSort: ascending('MO List Order Date'),
  leavesOut: [inactiveWarehouses],
};

export const manufacturingOrderDetails: View = {
  name: 'manufacturing_order_details',
  group,
  privilege,
  from: lines,
  columns: [
    chosen('MO List Number', 'link', 'o.number'),
    documented('id', 'id', 'l.id'),
    documented('Item Id', 'id', 'i.id'),
    documented('Item Number', 'link', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('Sub Item Id', 'id', 'u.id'),
    documented('Sub Item Number', 'text', 'u.number'),
    documented('MO Details Quantity', 'quantity', 'l.quantity'),
    documented('MO Details Order Date', 'date', 'l.order_date'),
    documented('MO Details Start Date', 'date', 'l.start_date'),
    documented('MO Details End Date', 'date', 'l.end_date'),
    documented('MO Details Document Status', 'text', 'l.status'),
    documented('MO Details Unique Id', 'text', 'l.unique_id'),
  ],
  hiddenColumns: [
    chosen('Warehouse Id', 'id', 'w.id'),
    chosen('Warehouse Number', 'link', 'w.number'),
    chosen('Warehouse Name', 'text', 'w.name'),
    chosen('Warehouse Status', 'text', 'w.status'),
    chosen('MO List Document Status', 'text', 'o.status'),
  ],
  defaultSort: ascending('id'),
  leavesOut: [inactiveWarehouses],
};

/** By analogy with `purchase_order_item`. */
export const manufacturingOrderItem: View = {
  name: 'manufacturing_order_item',
  group,
  privilege,
  from: lines,
  columns: [
    chosen('MO List Number', 'link', 'o.number'),
    chosen('Warehouse Number', 'link', 'w.number'),
    chosen('MO Details Document Status', 'text', 'l.status'),
    chosen('MO Details Quantity', 'quantity', 'l.quantity'),
    chosen('MO Details Start Date', 'date', 'l.start_date'),
    chosen('MO Details End Date', 'date', 'l.end_date'),
  ],
  hiddenColumns: [
    chosen('id', 'id', 'l.id'),
    chosen('MO Details Order Date', 'date', 'l.order_date'),
    chosen('Item Id', 'id', 'i.id'),
    chosen('Item Number', 'link', 'i.number'),
    chosen('Warehouse Id', 'id', 'w.id'),
    chosen('Warehouse Name', 'text', 'w.name'),
    chosen('Warehouse Status', 'text', 'w.status'),
  ],
  defaultSort: descending('MO Details End Date'),
  leavesOut: [inactiveWarehouses],
};
