import { ascending, chosen, documented, inactiveWarehouses, type View } from './view.ts';

const group = 'Master Data';

export const itemMaster: View = {
  name: 'item_master',
  group,
  privilege: 'Item Master',
  from: 'items i',
  columns: [
    documented('id', 'id', 'i.id'),
    documented('Item Number', 'text', 'i.number'),
    documented('Item Description', 'prose', 'i.description'),
    documented('Item Type', 'text', 'i.type'),
    documented('Item Unit', 'text', 'i.unit_code'),
    documented('Item Status', 'text', 'i.status'),
    documented('Item Servicenow Id', 'text', 'i.servicenow_id'),
    documented('Item Weight', 'measure', 'i.weight'),
    documented('Item Weight Unit', 'text', 'i.weight_unit'),
    chosen('Number of Sub-Items', 'quantity', '(SELECT count(*) FROM sub_items u WHERE u.item_id = i.id)'),
    chosen(
      'Number of Warehouses',
      'quantity',
      '(SELECT count(DISTINCT v.warehouse_id) FROM inventory v WHERE v.item_id = i.id)',
    ),
  ],
  hiddenColumns: [chosen('Item Id', 'id', 'i.id')],
  defaultSort: ascending('Item Number'),
  leavesOut: [],
};

export const subItemMaster: View = {
  name: 'sub_item_master',
  group,
  privilege: 'Item Master',
  from: 'sub_items u JOIN items i ON i.id = u.item_id',
  columns: [
    documented('id', 'id', 'u.id'),
    documented('Sub Item Number', 'text', 'u.number'),
    documented('Sub Item Description', 'prose', 'u.description'),
    documented('Sub Item Status', 'text', 'u.status'),
    documented('Item Id', 'id', 'i.id'),
    documented('Item Number', 'text', 'i.number'),
    documented('Sub Item Servicenow Id', 'text', 'u.servicenow_id'),
  ],
  hiddenColumns: [],
  defaultSort: ascending('Sub Item Number'),
  leavesOut: [],
};

export const customerMaster: View = {
  name: 'customer_master',
  group,
  privilege: 'Customer Master',
  from: 'customers c',
  columns: [
    documented('id', 'id', 'c.id'),
    documented('Customer Number', 'text', 'c.number'),
    documented('Customer Name', 'text', 'c.name'),
    documented('Customer Email', 'text', 'c.email'),
    documented('Customer Phone', 'text', 'c.phone'),
    documented('Customer Status', 'text', 'c.status'),
    documented('Customer Servicenow Id', 'text', 'c.servicenow_id'),
    documented('Ship To Locations', 'prose', numbersOf('ship_tos', 'customer_id = c.id')),
  ],
  hiddenColumns: [chosen('Customer Id', 'id', 'c.id')],
  defaultSort: ascending('Customer Number'),
  leavesOut: [],
};

export const shipToMaster: View = {
  name: 'ship_to_master',
  group,
  privilege: 'Customer Master',
  from: 'ship_tos t JOIN customers c ON c.id = t.customer_id',
  columns: [
    documented('id', 'id', 't.id'),
    documented('Ship To Number', 'text', 't.number'),
    documented('Ship To Name', 'text', 't.name'),
    documented('Ship To Address', 'prose', 't.address'),
    documented('Ship To Status', 'text', 't.status'),
    documented('Customer Id', 'id', 'c.id'),
    documented('Customer Number', 'text', 'c.number'),
    documented('Ship To Servicenow Id', 'text', 't.servicenow_id'),
  ],
  hiddenColumns: [],
  defaultSort: ascending('Ship To Number'),
  leavesOut: [],
};

export const supplierMaster: View = {
  name: 'supplier_master',
  group,
  privilege: 'Supplier Master',
  from: 'suppliers s',
  columns: [
    documented('id', 'id', 's.id'),
    documented('Supplier Number', 'text', 's.number'),
    documented('Supplier Name', 'text', 's.name'),
    documented('Supplier Email', 'text', 's.email'),
    documented('Supplier Phone', 'text', 's.phone'),
    documented('Supplier Status', 'text', 's.status'),
    documented('Supplier Servicenow Id', 'text', 's.servicenow_id'),
    documented('Ship From Locations', 'prose', numbersOf('ship_froms', 'supplier_id = s.id')),
  ],
  hiddenColumns: [chosen('Supplier Id', 'id', 's.id')],
  defaultSort: ascending('Supplier Number'),
  leavesOut: [],
};

export const shipFromMaster: View = {
  name: 'ship_from_master',
  group,
  privilege: 'Supplier Master',
  from: 'ship_froms f JOIN suppliers s ON s.id = f.supplier_id',
  columns: [
    documented('id', 'id', 'f.id'),
    documented('Ship From Number', 'text', 'f.number'),
    documented('Ship From Name', 'text', 'f.name'),
    documented('Ship From Address', 'prose', 'f.address'),
    documented('Ship From Status', 'text', 'f.status'),
    documented('Supplier Id', 'id', 's.id'),
    documented('Supplier Number', 'text', 's.number'),
    documented('Ship From Servicenow Id', 'text', 'f.servicenow_id'),
  ],
  hiddenColumns: [],
  defaultSort: ascending('Ship From Number'),
  leavesOut: [],
};

export const warehouseMaster: View = {
  name: 'warehouse_master',
  group,
  privilege: 'Warehouse Master',
  from: 'warehouses w',
  columns: [
    documented('id', 'id', 'w.id'),
    documented('Warehouse Number', 'text', 'w.number'),
    documented('Warehouse Name', 'text', 'w.name'),
    documented('Warehouse Address', 'prose', 'w.address'),
    documented('Warehouse Status', 'text', 'w.status'),
    documented('Warehouse Servicenow Id', 'text', 'w.servicenow_id'),
  ],
  hiddenColumns: [chosen('Warehouse Id', 'id', 'w.id')],
  defaultSort: ascending('Warehouse Number'),
  leavesOut: [inactiveWarehouses],
};

export const unitMaster: View = {
  name: 'unit_master',
  group,
  privilege: 'Unit Master',
  from: 'units n',
  columns: [
    documented('id', 'id', 'n.id'),
    documented('Unit Code', 'text', 'n.code'),
    documented('Unit Name', 'text', 'n.name'),
    documented('Unit Type', 'text', 'n.type'),
  ],
  hiddenColumns: [],
  defaultSort: ascending('Unit Code'),
  leavesOut: [],
};

/** Knosc does not say how a list looks in a cell: the numbers, in order, joined by comma and space. */
function numbersOf(table: string, condition: string): string {
  return `(SELECT group_concat(number, ', ' ORDER BY number) FROM ${table} WHERE ${condition})`;
}
