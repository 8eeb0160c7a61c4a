import { chosen, documented, type View } from './view.ts';

export const purchaseOrderList: View = {
  name: 'purchase_order_list',
  privilege: 'Procurement',
  from: 'purchase_orders o JOIN suppliers s ON s.id = o.supplier_id',
  columns: [
    documented('PO List Number', 'string-link', 'o.number', 'PO #'),
    documented('Supplier Name', 'string-link', 's.name'),
    documented('PO List Document Status', 'string', 'o.status', 'Status'),
    documented('PO List Order Date', 'date', 'o.order_date'),
    documented('PO Total Items', 'number', 'o.total_items'),
    documented('PO List Quantity', 'number', 'o.quantity'),
  ],
  hiddenColumns: [
    documented('id', 'number', 'o.id'),
    documented('Supplier Id', 'number', 's.id'),
    documented('Supplier Number', 'string', 's.number'),
    documented('PO List Servicenow Id', 'string', 'o.servicenow_id'),
  ],
  defaultSort: { key: 'PO List Order Date', type: 'Ascending' },
  tieBreaker: 'id',
  leavesOut: { key: 'PO List Document Status', value: 'Suggested', unless: 'included' },
};

export const purchaseOrderDetails: View = {
  name: 'purchase_order_details',
  privilege: 'Procurement',
  from: `purchase_order_lines l
    JOIN purchase_orders o ON o.id = l.order_id
    JOIN suppliers s ON s.id = o.supplier_id
    JOIN items i ON i.id = l.item_id
    JOIN warehouses w ON w.id = l.warehouse_id
    JOIN ship_froms f ON f.id = l.ship_from_id
    LEFT JOIN sub_items u ON u.id = l.sub_item_id`,
  columns: [
    chosen('PO List Number', 'string-link', 'o.number'),
    chosen('Supplier Name', 'string-link', 's.name'),
    documented('Item Number', 'string-link', 'i.number'),
    chosen('Item Description', 'string', 'i.description'),
    chosen('Sub Item Number', 'string', 'u.number'),
    documented('Warehouse Number', 'string-link', 'w.number'),
    chosen('Warehouse Name', 'string', 'w.name'),
    documented('Ship From Number', 'string', 'f.number'),
    documented('PO Details Quantity', 'number', 'l.quantity'),
    documented('PO Details Document Status', 'string', 'l.status'),
    documented('PO Details Order Date', 'date', 'l.order_date'),
    documented('PO Details Ship Date', 'date', 'l.ship_date'),
    documented('PO Details ETA Date', 'date', 'l.eta_date'),
    chosen('PO Details Unique Id', 'string', 'l.unique_id'),
  ],
  hiddenColumns: [
    documented('id', 'number', 'l.id'),
    chosen('Supplier Number', 'string', 's.number'),
    chosen('PO List Document Status', 'string', 'o.status'),
  ],
  defaultSort: { key: 'id', type: 'Ascending' },
  tieBreaker: 'id',
  leavesOut: { key: 'PO Details Document Status', value: 'Suggested', unless: 'included' },
};
