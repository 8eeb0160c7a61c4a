import type { DatabaseSync } from 'node:sqlite';
import type { Random } from './random.ts';

/** What orders refer to. */
export interface MasterData {
  readonly suppliers: readonly { readonly id: number; readonly shipFromId: number }[];
  readonly items: readonly { readonly id: number; readonly subItemId: number | null }[];
  readonly warehouseIds: readonly number[];
}

const itemTypes = ['Finished Good', 'Component', 'Raw Material'] as const;
const nouns = [
  'Bearing',
  'Bracket',
  'Gasket',
  'Housing',
  'Shaft',
  'Valve',
  'Coupling',
  'Filter',
  'Sensor',
  'Spindle',
] as const;
const qualities = ['Steel', 'Brass', 'Ceramic', 'Nylon', 'Zinc', 'Alloy', 'Sealed', 'Compact'] as const;
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
] as const;
const forms = ['Components', 'Metals', 'Logistics', 'Plastics', 'Electronics', 'Tooling'] as const;
const units = [
  ['EA', 'Each', 'Count'],
  ['BOX', 'Box', 'Count'],
  ['KG', 'Kilogram', 'Weight'],
  ['M', 'Metre', 'Length'],
  ['L', 'Litre', 'Volume'],
] as const;
const cities = ['Newark, NJ', 'Chicago, IL', 'Houston, TX', 'Philadelphia, PA', 'Reno, NV', 'Atlanta, GA'] as const;

/** Text that a careless workbook would turn into a formula, or a careless reader would trip over. */
const awkwardDescription = '=HYPERLINK("http://example.invalid","click") & <b>"quotes"</b>  two spaces 📦 漢字';

/** Suppliers with their ship-froms, warehouses, units, items and sub-items; the ids that recur in Knosc's pages keep their rows. */
export function seedMasterData(database: DatabaseSync, random: Random): MasterData {
  const suppliers = seedSuppliers(database, random);
  const warehouseIds = seedWarehouses(database, random);
  seedUnits(database);
  const items = seedItems(database, random);
  return { suppliers, items, warehouseIds };
}

function seedSuppliers(database: DatabaseSync, random: Random): MasterData['suppliers'] {
  const insertSupplier = database.prepare('INSERT INTO suppliers VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertShipFrom = database.prepare('INSERT INTO ship_froms VALUES (?, ?, ?, ?, ?, ?, ?)');
  const known: Record<number, [name: string, email: string, phone: string]> = {
    7: ['Acme Components Ltd.', 'orders@acme.com', '+1 555 200 0000'],
    12: ['Global Parts Inc.', 'sales@globalparts.example', '+1 555 210 0000'],
  };
  const suppliers = [];
  for (let id = 1; id <= 40; id += 1) {
    const name = `${random.pick(companies)} ${random.pick(forms)} ${id}`;
    const email = random.once(8) ? null : `orders${id}@supplier.example`;
    const [supplierName, supplierEmail, phone] = known[id] ?? [name, email, `+1 555 ${String(300 + id)} 0000`];
    const status = known[id] || !random.once(12) ? 'Active' : 'Inactive';
    insertSupplier.run(
      id,
      `SUP-${pad(id, 3)}`,
      supplierName,
      supplierEmail,
      phone,
      status,
      random.once(5) ? `SN-${4000 + id}` : null,
    );
    // SF-01 (id 8) is Acme's in Knosc's pages; the others are numbered from SF-02 on.
    const shipFromId = id === 7 ? 8 : id + 100;
    const shipFrom = id === 7 ? 'Acme East Plant' : `${supplierName} Plant`;
    const address = id === 7 ? '123 Industrial Blvd, Newark, NJ' : `${id * 3} Mill Road, ${random.pick(cities)}`;
    insertShipFrom.run(shipFromId, `SF-${id === 7 ? '01' : pad(id + 1, 2)}`, shipFrom, address, 'Active', id, null);
    if (random.once(3))
      insertShipFrom.run(id + 200, `SF-${id + 100}`, `${supplierName} Depot`, address, 'Active', id, null);
    suppliers.push({ id, shipFromId });
  }
  return suppliers;
}

function seedWarehouses(database: DatabaseSync, random: Random): readonly number[] {
  const insert = database.prepare('INSERT INTO warehouses VALUES (?, ?, ?, ?, ?, ?)');
  insert.run(3, 'WH-01', 'Main Distribution Center', '789 Logistics Ave, Chicago, IL', 'Active', null);
  for (let number = 2; number <= 8; number += 1) {
    const status = number === 5 ? 'Inactive' : 'Active';
    insert.run(
      number + 2,
      `WH-${pad(number, 2)}`,
      `Warehouse ${number}`,
      `${number} Dock Street, ${random.pick(cities)}`,
      status,
      null,
    );
  }
  return [3, 4, 5, 6, 8, 9, 10];
}

function seedUnits(database: DatabaseSync): void {
  const insert = database.prepare('INSERT INTO units VALUES (?, ?, ?, ?)');
  for (const [position, unit] of units.entries()) insert.run(position + 1, ...unit);
}

function seedItems(database: DatabaseSync, random: Random): MasterData['items'] {
  const insertItem = database.prepare('INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertSubItem = database.prepare('INSERT INTO sub_items VALUES (?, ?, ?, ?, ?, ?)');
  const known: Record<number, [number: string, description: string, type: string]> = {
    55: ['ITEM-A', 'Widget Assembly - Type A', 'Finished Good'],
    56: ['ITEM-B', 'Widget Assembly - Type B', 'Finished Good'],
    57: ['ITEM-AWKWARD', awkwardDescription, 'Component'],
    60: ['COMP-X', 'Component X', 'Component'],
    61: ['COMP-Y', 'Component Y', 'Raw Material'],
  };
  const items = [];
  for (let id = 1; id <= 200; id += 1) {
    const description = `${random.pick(qualities)} ${random.pick(nouns)} ${random.whole(10, 99)} mm`;
    const [number, text, type] = known[id] ?? [`ITEM-${pad(id, 4)}`, description, random.pick(itemTypes)];
    const unit = id === 61 ? 'KG' : 'EA';
    const status = known[id] || !random.once(15) ? 'Active' : 'Inactive';
    const hasWeight = id === 55 || !random.once(6);
    const weight = id === 55 ? 0.5 : random.whole(1, 4000) / 100;
    insertItem.run(id, number, text, type, unit, status, null, hasWeight ? weight : null, hasWeight ? 'KG' : null);
    const subItemId = id === 56 ? 12 : null;
    if (subItemId !== null) insertSubItem.run(subItemId, 'SUB-B1', 'Widget B - Blue', 'Active', id, null);
    items.push({ id, subItemId });
  }
  return items;
}

export function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
