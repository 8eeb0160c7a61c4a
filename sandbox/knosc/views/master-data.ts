import { documented, type View } from './view.ts';

export const itemMaster: View = {
  name: 'item_master',
  privilege: 'Item Master',
  from: 'items i',
  columns: [
    documented('id', 'number', 'i.id'),
    documented('Item Number', 'string', 'i.number'),
    documented('Item Description', 'string', 'i.description'),
    documented('Item Type', 'string', 'i.type'),
    documented('Item Unit', 'string', 'i.unit_code'),
    documented('Item Status', 'string', 'i.status'),
    documented('Item Servicenow Id', 'string', 'i.servicenow_id'),
    documented('Item Weight', 'number', 'i.weight'),
    documented('Item Weight Unit', 'string', 'i.weight_unit'),
  ],
  hiddenColumns: [],
  defaultSort: { key: 'Item Number', type: 'Ascending' },
  tieBreaker: 'id',
};

export const supplierMaster: View = {
  name: 'supplier_master',
  privilege: 'Supplier Master',
  from: 'suppliers s',
  columns: [
    documented('id', 'number', 's.id'),
    documented('Supplier Number', 'string', 's.number'),
    documented('Supplier Name', 'string', 's.name'),
    documented('Supplier Email', 'string', 's.email'),
    documented('Supplier Phone', 'string', 's.phone'),
    documented('Supplier Status', 'string', 's.status'),
    documented('Supplier Servicenow Id', 'string', 's.servicenow_id'),
    // Knosc does not say how a list looks in a cell: the numbers, in order, joined by commas.
    documented(
      'Ship From Locations',
      'string',
      "(SELECT group_concat(f.number, ', ' ORDER BY f.number) FROM ship_froms f WHERE f.supplier_id = s.id)",
    ),
  ],
  hiddenColumns: [],
  defaultSort: { key: 'Supplier Number', type: 'Ascending' },
  tieBreaker: 'id',
};

export const warehouseMaster: View = {
  name: 'warehouse_master',
  privilege: 'Warehouse Master',
  from: 'warehouses w',
  columns: [
    documented('id', 'number', 'w.id'),
    documented('Warehouse Number', 'string', 'w.number'),
    documented('Warehouse Name', 'string', 'w.name'),
    documented('Warehouse Address', 'string', 'w.address'),
    documented('Warehouse Status', 'string', 'w.status'),
    documented('Warehouse Servicenow Id', 'string', 'w.servicenow_id'),
  ],
  hiddenColumns: [],
  defaultSort: { key: 'Warehouse Number', type: 'Ascending' },
  tieBreaker: 'id',
  leavesOut: { key: 'Warehouse Status', value: 'Inactive', unless: 'filtered on' },
};

export const unitMaster: View = {
  name: 'unit_master',
  privilege: 'Unit Master',
  from: 'units n',
  columns: [
    documented('id', 'number', 'n.id'),
    documented('Unit Code', 'string', 'n.code'),
    documented('Unit Name', 'string', 'n.name'),
    documented('Unit Type', 'string', 'n.type'),
  ],
  hiddenColumns: [],
  defaultSort: { key: 'Unit Code', type: 'Ascending' },
  tieBreaker: 'id',
};
