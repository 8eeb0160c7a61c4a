import { orderLineColumns } from './order-lines.ts';
import {
  ascending,
  chosen,
  descending,
  documented,
  inactiveWarehouses,
  type LeavesOut,
  type View,
  warehouseFacts,
} from './view.ts';

const group = 'Purchase Orders';
const privilege = 'Procurement';
const lines = `purchase_order_lines l
    JOIN purchase_orders o ON o.id = l.order_id
    JOIN suppliers s ON s.id = o.supplier_id
    JOIN items i ON i.id = l.item_id
    JOIN warehouses w ON w.id = l.warehouse_id
    JOIN ship_froms f ON f.id = l.ship_from_id
    LEFT JOIN sub_items u ON u.id = l.sub_item_id`;

/** The planner makes suggestions by itself; Knosc's interface hides them until somebody asks. */
function suggested(key: string): LeavesOut {
  return { key, value: 'Suggested', unless: 'included' };
}

const supplierFacts = [chosen('Supplier Id', 'id', 's.id'), chosen('Supplier Number', 'text', 's.number')];

export const purchaseOrderList: View = {
  name: 'purchase_order_list',
  group,
  privilege,
  from: 'purchase_orders o JOIN suppliers s ON s.id = o.supplier_id',
  columns: [
    documented('PO List Number', 'link', 'o.number', 'PO #'),
    documented('Supplier Name', 'link', 's.name'),
    documented('PO List Document Status', 'text', 'o.status', 'Status'),
    documented('PO List Order Date', 'date', 'o.order_date'),
    documented('PO Total Items', 'quantity', 'o.total_items'),
    documented('PO List Quantity', 'quantity', 'o.quantity'),
  ],
  hiddenColumns: [
    documented('id', 'id', 'o.id'),
    documented('Supplier Id', 'id', 's.id'),
    documented('Supplier Number', 'text', 's.number'),
    documented('PO List Servicenow Id', 'text', 'o.servicenow_id'),
  ],
  lines: {
    from: `purchase_order_lines l JOIN items i ON i.id = l.item_id JOIN warehouses w ON w.id = l.warehouse_id`,
    documentId: 'l.order_id',
    columns: orderLineColumns('PO'),
  },
  defaultSort: ascending('PO List Order Date'),
  leavesOut: [suggested('PO List Document Status')],
};

export const purchaseOrderDetails: View = {
  name: 'purchase_order_details',
  group,
  privilege,
  from: lines,
  columns: [
    chosen('PO List Number', 'link', 'o.number', 'PO #'),
    chosen('Supplier Name', 'link', 's.name'),
    documented('Item Number', 'link', 'i.number'),
    chosen('Item Description', 'prose', 'i.description'),
    chosen('Sub Item Number', 'text', 'u.number'),
    documented('Warehouse Number', 'link', 'w.number', 'Warehouse #'),
    chosen('Warehouse Name', 'text', 'w.name'),
    documented('Ship From Number', 'text', 'f.number'),
    documented('PO Details Quantity', 'quantity', 'l.quantity'),
    documented('PO Details Document Status', 'text', 'l.status', 'Status'),
    documented('PO Details Order Date', 'date', 'l.order_date'),
    documented('PO Details Ship Date', 'date', 'l.ship_date'),
    documented('PO Details ETA Date', 'date', 'l.eta_date'),
    chosen('PO Details Price', 'money', 'l.price'),
    chosen('PO Details Unique Id', 'text', 'l.unique_id'),
  ],
  hiddenColumns: [
    documented('id', 'id', 'l.id'),
    ...supplierFacts,
    ...warehouseFacts,
    chosen('Item Id', 'id', 'i.id'),
    chosen('PO List Document Status', 'text', 'o.status'),
  ],
  defaultSort: ascending('id'),
  leavesOut: [suggested('PO Details Document Status'), inactiveWarehouses],
};

export const purchaseOrderItem: View = {
  name: 'purchase_order_item',
  group,
  privilege,
  from: lines,
  columns: [
    documented('PO List Number', 'link', 'o.number', 'PO #'),
    documented('Supplier Name', 'link', 's.name'),
    documented('Warehouse Number', 'link', 'w.number', 'Warehouse #'),
    documented('PO Details Document Status', 'text', 'l.status', 'Status'),
    documented('PO Details Quantity', 'quantity', 'l.quantity'),
    documented('PO Details ETA Date', 'date', 'l.eta_date'),
    documented('PO Details Ship Date', 'date', 'l.ship_date'),
  ],
  hiddenColumns: [
    documented('id', 'id', 'l.id'),
    documented('Warehouse Name', 'text', 'w.name'),
    documented('PO Details Order Date', 'date', 'l.order_date'),
    chosen('Item Id', 'id', 'i.id'),
    chosen('Item Number', 'link', 'i.number'),
    ...supplierFacts,
    ...warehouseFacts,
  ],
  defaultSort: descending('PO Details ETA Date'),
  leavesOut: [suggested('PO Details Document Status'), inactiveWarehouses],
};
