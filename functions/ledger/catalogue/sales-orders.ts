import { type CatalogueView, documented, inferred } from './view.ts';

const group = 'Sales Orders';

export const salesOrders: readonly CatalogueView[] = [
  {
    name: 'sales_order_list',
    group,
    privilege: 'Demand',
    columns: [
      inferred('SO List Number', 'string-link', 'SO #'),
      inferred('Customer Number', 'string-link', 'Customer #'),
      inferred('Customer Name', 'string-link'),
      inferred('SO List Order Date', 'date'),
      inferred('SO Total Items', 'number'),
      inferred('SO List Quantity', 'number'),
      inferred('SO Fulfillment Status', 'string'),
      inferred('SO List Document Status', 'string', 'Status'),
    ],
    hiddenColumns: [],
  },
  {
    name: 'sales_order_details',
    group,
    privilege: 'Demand',
    columns: [
      documented('SO List Number', 'string-link', 'SO #'),
      documented('Customer Name', 'string-link'),
      inferred('Item Number', 'string-link'),
      inferred('Item Description', 'string'),
      inferred('Sub Item Number', 'string'),
      documented('Warehouse Number', 'string-link', 'Warehouse #'),
      inferred('Warehouse Name', 'string'),
      inferred('Ship To Number', 'string'),
      documented('SO Details Quantity', 'number'),
      documented('SO Details Document Status', 'string', 'Status'),
      inferred('SO Details Order Date', 'date'),
      documented('SO Details Ship Date', 'date'),
      inferred('SO Details ETA Date', 'date'),
      inferred('SO Details Price', 'number'),
      inferred('SO Details Unique Id', 'string'),
    ],
    hiddenColumns: [],
  },
  {
    name: 'sales_order_item',
    group,
    privilege: 'Demand',
    columns: [
      documented('SO List Number', 'string-link', 'SO #'),
      documented('Customer Name', 'string-link'),
      documented('Warehouse Number', 'string-link', 'Warehouse #'),
      documented('SO Details Document Status', 'string', 'Status'),
      documented('SO Details Quantity', 'number'),
      inferred('SO Details ETA Date', 'date'),
      documented('SO Details Ship Date', 'date'),
    ],
    hiddenColumns: [inferred('Item Number', 'string-link')],
  },
];
