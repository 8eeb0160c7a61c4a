import { type CatalogueView, documented, inferred } from './view.ts';

const group = 'Manufacturing Orders';

export const manufacturingOrders: readonly CatalogueView[] = [
  {
    name: 'manufacturing_order_list',
    group,
    privilege: 'Manufacturing',
    columns: [
      documented('id', 'number'),
      documented('MO List Number', 'string-link'),
      documented('MO List Order Date', 'date'),
      documented('MO List Document Status', 'string'),
      documented('Warehouse Id', 'number'),
      documented('Warehouse Number', 'string-link'),
      documented('Warehouse Name', 'string'),
      inferred('MO Total Items', 'number'),
      inferred('MO List Quantity', 'number'),
    ],
    hiddenColumns: [],
  },
  {
    name: 'manufacturing_order_details',
    group,
    privilege: 'Manufacturing',
    columns: [
      inferred('MO List Number', 'string-link'),
      documented('id', 'number'),
      documented('Item Id', 'number'),
      documented('Item Number', 'string-link'),
      documented('Item Description', 'string'),
      documented('Sub Item Id', 'number'),
      documented('Sub Item Number', 'string'),
      documented('MO Details Quantity', 'number'),
      documented('MO Details Order Date', 'date'),
      documented('MO Details Start Date', 'date'),
      documented('MO Details End Date', 'date'),
      documented('MO Details Document Status', 'string'),
      documented('MO Details Unique Id', 'string'),
    ],
    hiddenColumns: [],
  },
  {
    name: 'manufacturing_order_item',
    group,
    privilege: 'Manufacturing',
    columns: [
      inferred('MO List Number', 'string-link'),
      inferred('Warehouse Number', 'string-link'),
      inferred('MO Details Document Status', 'string'),
      inferred('MO Details Quantity', 'number'),
      inferred('MO Details Start Date', 'date'),
      inferred('MO Details End Date', 'date'),
    ],
    hiddenColumns: [inferred('Item Number', 'string-link')],
  },
];
