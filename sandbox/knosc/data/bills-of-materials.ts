import type { DatabaseSync } from 'node:sqlite';
import { createInsert } from './insert.ts';
import type { MasterData } from './master-data.ts';
import { successiveItems } from './orders.ts';
import { pad, type Random } from './random.ts';

/** What every finished good is made of; BOM-A-001 (901) is that of Knosc's pages. */
export function seedBillsOfMaterials(database: DatabaseSync, random: Random, { items }: MasterData): void {
  const insertBill = createInsert(database, 'bills_of_materials');
  const insertLine = createInsert(database, 'bill_lines');
  insertBill({ id: 901, number: 'BOM-A-001', item_id: 55, status: 'Active' });
  insertLine({ id: 951, bill_id: 901, component_item_id: 60, quantity: 2 });
  insertLine({ id: 952, bill_id: 901, component_item_id: 61, quantity: 1 });
  insertBill({ id: 902, number: 'BOM-B-001', item_id: 56, status: 'Active' });
  insertLine({ id: 953, bill_id: 902, component_item_id: 60, quantity: 3 });
  const parts = items.filter(({ type }) => type !== 'Finished Good');
  let lineId = 2000;
  for (const item of items.filter(({ type }) => type === 'Finished Good')) {
    const id = item.id + 1000;
    const status = random.once(10) ? 'Inactive' : 'Active';
    insertBill({ id, number: `BOM-${pad(item.id, 4)}`, item_id: item.id, status });
    for (const part of successiveItems(random, parts)) {
      lineId += 1;
      const quantity = random.once(4) ? random.whole(1, 40) / 4 : random.whole(1, 12);
      insertLine({ id: lineId, bill_id: id, component_item_id: part.id, quantity });
    }
  }
}
