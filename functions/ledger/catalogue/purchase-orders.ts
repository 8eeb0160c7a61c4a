import { type CatalogueView, documented, inferred } from './view.ts';

const group = 'Purchase Orders';

export const purchaseOrders: readonly CatalogueView[] = [
  {
    name: 'purchase_order_list',
    group,
    privilege: 'Procurement',
    columns: [
      documented('PO List Number', 'string-link', 'PO #'),
      documented('Supplier Name', 'string-link'),
      documented('PO List Document Status', 'string', 'Status'),
      documented('PO List Order Date', 'date'),
      documented('PO Total Items', 'number'),
      documented('PO List Quantity', 'number'),
    ],
    hiddenColumns: [
      documented('id', 'number'),
      documented('Supplier Id', 'number'),
      documented('Supplier Number', 'string'),
      documented('PO List Servicenow Id', 'string'),
    ],
  },
  {
    name: 'purchase_order_details',
    group,
    privilege: 'Procurement',
    columns: [
      inferred('PO List Number', 'string-link', 'PO #'),
      inferred('Supplier Name', 'string-link'),
      documented('Item Number', 'string-link'),
      inferred('Item Description', 'string'),
      inferred('Sub Item Number', 'string'),
      documented('Warehouse Number', 'string-link', 'Warehouse #'),
      inferred('Warehouse Name', 'string'),
      documented('Ship From Number', 'string'),
      documented('PO Details Quantity', 'number'),
      documented('PO Details Document Status', 'string', 'Status'),
      documented('PO Details Order Date', 'date'),
      documented('PO Details Ship Date', 'date'),
      documented('PO Details ETA Date', 'date'),
      inferred('PO Details Price', 'number'),
      inferred('PO Details Unique Id', 'string'),
    ],
    hiddenColumns: [documented('id', 'number')],
  },
  {
    name: 'purchase_order_item',
    group,
    privilege: 'Procurement',
    columns: [
      documented('PO List Number', 'string-link', 'PO #'),
      documented('Supplier Name', 'string-link'),
      documented('Warehouse Number', 'string-link', 'Warehouse #'),
      documented('PO Details Document Status', 'string', 'Status'),
      documented('PO Details Quantity', 'number'),
      documented('PO Details ETA Date', 'date'),
      documented('PO Details Ship Date', 'date'),
    ],
    hiddenColumns: [
      documented('id', 'number'),
      documented('Warehouse Name', 'string'),
      documented('PO Details Order Date', 'date'),
      inferred('Item Number', 'string-link'),
    ],
  },
];
