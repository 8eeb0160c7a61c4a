import type { DatabaseSync } from 'node:sqlite';
import { createInsert } from './insert.ts';
import { pad, type Random } from './random.ts';

/** What orders, forecasts and stock refer to. Knosc's own examples (ITEM-A, ...) are not among `items`: their numbers are fixed. */
export interface MasterData {
  readonly suppliers: readonly { readonly id: number; readonly shipFromId: number }[];
  readonly customers: readonly { readonly id: number; readonly shipToId: number }[];
  readonly items: readonly Item[];
  readonly activeWarehouseIds: readonly number[];
  readonly inactiveWarehouseId: number;
}

export interface Item {
  readonly id: number;
  readonly subItemId: number | null;
  readonly cost: number;
  readonly type: (typeof itemTypes)[number];
}

interface City {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const itemTypes = ['Finished Good', 'Component', 'Raw Material'] as const;
const nouns = ['Bearing', 'Bracket', 'Gasket', 'Housing', 'Shaft', 'Valve', 'Coupling', 'Filter', 'Sensor', 'Spindle'];
const qualities = ['Steel', 'Brass', 'Ceramic', 'Nylon', 'Zinc', 'Alloy', 'Sealed', 'Compact'];
const colours = ['Blue', 'Red', 'Black', 'Grey'];
const companies = [
  'Northwind',
  'Iberia',
  'Großmann',
  'Żelazny',
  'Okafor',
  'Tanaka',
  'Lindqvist',
  'Moreau',
  'O’Neill',
  'Castellanos',
];
const supplierForms = ['Components', 'Metals', 'Logistics', 'Plastics', 'Electronics', 'Tooling'];
const customerForms = ['Distributors', 'Retail', 'Wholesale', 'Stores', 'Trading'];
const units = [
  ['EA', 'Each', 'Count'],
  ['BOX', 'Box', 'Count'],
  ['KG', 'Kilogram', 'Weight'],
  ['M', 'Metre', 'Length'],
  ['L', 'Litre', 'Volume'],
] as const;
const newark: City = { name: 'Newark, NJ', latitude: 40.7357, longitude: -74.1724 };
const chicago: City = { name: 'Chicago, IL', latitude: 41.8781, longitude: -87.6298 };
const philadelphia: City = { name: 'Philadelphia, PA', latitude: 39.9526, longitude: -75.1652 };
const cities: readonly City[] = [
  newark,
  chicago,
  philadelphia,
  { name: 'Houston, TX', latitude: 29.7604, longitude: -95.3698 },
  { name: 'Reno, NV', latitude: 39.5296, longitude: -119.8138 },
  { name: 'Atlanta, GA', latitude: 33.749, longitude: -84.388 },
];

/** Text that a careless workbook would turn into a formula, or a careless reader would trip over. */
const awkwardDescription = '=HYPERLINK("http://example.invalid","click") & <b>"quotes"</b>  two spaces 📦 漢字';

/** Suppliers, customers, their places, warehouses, units, items and sub-items; what recurs in Knosc's pages keeps its id. */
export function seedMasterData(database: DatabaseSync, random: Random): MasterData {
  const suppliers = seedSuppliers(database, random);
  const customers = seedCustomers(database, random);
  const warehouses = seedWarehouses(database, random);
  const insertUnit = createInsert(database, 'units');
  for (const [position, [code, name, type]] of units.entries()) insertUnit({ id: position + 1, code, name, type });
  return { suppliers, customers, ...warehouses, items: seedItems(database, random) };
}

function seedSuppliers(database: DatabaseSync, random: Random): MasterData['suppliers'] {
  const insertSupplier = createInsert(database, 'suppliers');
  const insertShipFrom = createInsert(database, 'ship_froms');
  const known: Readonly<Record<number, { name: string; email: string; phone: string }>> = {
    7: { name: 'Acme Components Ltd.', email: 'orders@acme.com', phone: '+1 555 200 0000' },
    12: { name: 'Global Parts Inc.', email: 'sales@globalparts.example', phone: '+1 555 210 0000' },
  };
  return Array.from({ length: 40 }, (_, position) => {
    const id = position + 1;
    const company = known[id] ?? {
      name: `${random.pick(companies)} ${random.pick(supplierForms)} ${id}`,
      email: random.once(8) ? null : `orders${id}@supplier.example`,
      phone: `+1 555 ${300 + id} 0000`,
    };
    insertSupplier({
      id,
      number: `SUP-${pad(id, 3)}`,
      ...company,
      status: statusOf(known[id] === undefined && random.once(12)),
      servicenow_id: known[id] === undefined && random.once(5) ? `SN-${4000 + id}` : null,
    });
    const place = placeOf(random, `${id * 3} Mill Road`);
    const shipFrom = { status: 'Active', supplier_id: id };
    if (random.once(3) && id !== 7)
      insertShipFrom({
        ...shipFrom,
        ...placeOf(random, `${id} Depot Lane`),
        id: id + 200,
        number: `SF-${id + 100}`,
        name: `${company.name} Depot`,
      });
    if (id !== 7) {
      const shipFromId = id + 100;
      insertShipFrom({
        ...shipFrom,
        ...place,
        id: shipFromId,
        number: `SF-${pad(id + 1, 2)}`,
        name: `${company.name} Plant`,
      });
      return { id, shipFromId };
    }
    // SF-01 (id 8) is Acme's in Knosc's pages; the others are numbered from SF-02 on.
    const acme = { id: 8, number: 'SF-01', name: 'Acme East Plant' };
    insertShipFrom({ ...shipFrom, ...acme, ...placeIn(newark, '123 Industrial Blvd') });
    return { id, shipFromId: acme.id };
  });
}

function seedCustomers(database: DatabaseSync, random: Random): MasterData['customers'] {
  const insertCustomer = createInsert(database, 'customers');
  const insertShipTo = createInsert(database, 'ship_tos');
  return Array.from({ length: 30 }, (_, position) => {
    const id = position + 1;
    const isBeta = id === 4;
    const name = isBeta ? 'Beta Distributors' : `${random.pick(companies)} ${random.pick(customerForms)} ${id}`;
    insertCustomer({
      id,
      number: `CUST-${pad(id, 3)}`,
      name,
      email: isBeta ? 'orders@betadist.com' : `buying${id}@customer.example`,
      phone: isBeta ? '+1 555 300 0000' : random.once(6) ? null : `+1 555 ${400 + id} 0000`,
      status: statusOf(!isBeta && random.once(10)),
      servicenow_id: !isBeta && random.once(6) ? `SN-${6000 + id}` : null,
    });
    const shipTo = { status: 'Active', customer_id: id };
    const second = { id: id + 200, number: `ST-${id + 100}`, name: `${name} West` };
    if (!isBeta && random.once(3)) insertShipTo({ ...shipTo, ...second, ...placeOf(random, `${id} West Street`) });
    // ST-09 (id 9) is Beta's in Knosc's pages; the others are numbered from ST-10 on.
    const first = isBeta
      ? { id: 9, number: 'ST-09', name: 'Beta East Warehouse', ...placeIn(philadelphia, '456 Commerce Dr') }
      : { id: id + 100, number: `ST-${id + 9}`, name: `${name} Main`, ...placeOf(random, `${id * 2} Market Street`) };
    insertShipTo({ ...shipTo, ...first });
    return { id, shipToId: first.id };
  });
}

function seedWarehouses(database: DatabaseSync, random: Random) {
  const insert = createInsert(database, 'warehouses');
  const main = { id: 3, number: 'WH-01', name: 'Main Distribution Center', status: 'Active' };
  insert({ ...main, ...placeIn(chicago, '789 Logistics Ave') });
  for (let number = 2; number <= 8; number += 1) {
    const place = placeOf(random, `${number} Dock Street`);
    const names = { number: `WH-${pad(number, 2)}`, name: `Warehouse ${number}` };
    insert({ id: number + 2, ...names, ...place, status: statusOf(number === 5) });
  }
  return { activeWarehouseIds: [3, 4, 5, 6, 8, 9, 10], inactiveWarehouseId: 7 };
}

function seedItems(database: DatabaseSync, random: Random): readonly Item[] {
  const insertItem = createInsert(database, 'items');
  const insertSubItem = createInsert(database, 'sub_items');
  const documented: Readonly<Record<number, { number: string; description: string; type: Item['type'] }>> = {
    55: { number: 'ITEM-A', description: 'Widget Assembly - Type A', type: 'Finished Good' },
    56: { number: 'ITEM-B', description: 'Widget Assembly - Type B', type: 'Finished Good' },
    60: { number: 'COMP-X', description: 'Component X', type: 'Component' },
    61: { number: 'COMP-Y', description: 'Component Y', type: 'Raw Material' },
  };
  const items: Item[] = [];
  for (let id = 1; id <= 200; id += 1) {
    const isDocumented = documented[id] !== undefined;
    const described = documented[id] ?? {
      number: id === 57 ? 'ITEM-AWKWARD' : `ITEM-${pad(id, 4)}`,
      description:
        id === 57 ? awkwardDescription : `${random.pick(qualities)} ${random.pick(nouns)} ${random.whole(10, 99)} mm`,
      type: random.pick(itemTypes),
    };
    const weight = id === 55 ? 0.5 : random.once(6) ? null : random.whole(1, 4000) / 100;
    const cost = random.whole(50, 9999) / 100;
    insertItem({
      id,
      ...described,
      unit_code: id === 61 ? 'KG' : 'EA',
      status: statusOf(!isDocumented && random.once(15)),
      weight,
      weight_unit: weight === null ? null : 'KG',
      customer_item_number: described.type === 'Finished Good' ? `C-${1000 + id}` : null,
      cost,
      safety_stock: random.whole(0, 40) * 10,
      lead_time_days: random.whole(3, 45),
    });
    const subItemId = seedSubItem(insertSubItem, random, id, described.description);
    if (!isDocumented) items.push({ id, subItemId, cost, type: described.type });
  }
  return items;
}

/** SUB-B1 of Knosc's pages, and one colour of every eighth item or so. */
function seedSubItem(
  insert: ReturnType<typeof createInsert>,
  random: Random,
  itemId: number,
  description: string,
): number | null {
  if (itemId === 56) {
    insert({ id: 12, number: 'SUB-B1', description: 'Widget B - Blue', status: 'Active', item_id: 56 });
    return 12;
  }
  if (!random.once(8)) return null;
  const id = itemId + 1000;
  const text = `${description} - ${random.pick(colours)}`;
  insert({
    id,
    number: `SUB-${pad(itemId, 4)}`,
    description: text,
    status: statusOf(random.once(10)),
    item_id: itemId,
  });
  return id;
}

function statusOf(isInactive: boolean): 'Active' | 'Inactive' {
  return isInactive ? 'Inactive' : 'Active';
}

function placeIn({ name, latitude, longitude }: City, street: string) {
  return { address: `${street}, ${name}`, latitude, longitude };
}

function placeOf(random: Random, street: string) {
  return placeIn(random.pick(cities), street);
}
