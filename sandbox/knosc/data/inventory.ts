import type { DatabaseSync } from 'node:sqlite';
import { dayAfter } from './days.ts';
import { createInsert } from './insert.ts';
import type { MasterData } from './master-data.ts';
import type { Random } from './random.ts';

/** Stock of every item but a few, in one to three warehouses; 850 of ITEM-A at WH-01 (601) is that of Knosc's pages. */
export function seedInventory(
  database: DatabaseSync,
  random: Random,
  { items, activeWarehouseIds, inactiveWarehouseId }: MasterData,
): void {
  const insert = createInsert(database, 'inventory');
  const counted = '2024-03-01';
  insert({ id: 601, item_id: 55, warehouse_id: 3, quantity: 850, date: counted, unique_id: 'ERP-INV-001' });
  insert({ id: 602, item_id: 55, warehouse_id: 4, quantity: 350, date: counted, unique_id: 'ERP-INV-002' });
  // Some of it counted by sub-item, the rest not: two rows in one place.
  insert({ id: 603, item_id: 56, sub_item_id: 12, warehouse_id: 3, quantity: 120, date: counted });
  insert({ id: 604, item_id: 56, warehouse_id: 3, quantity: 30, date: counted });
  let id = 1000;
  for (const item of items) {
    const first = random.whole(0, activeWarehouseIds.length - 1);
    const warehouseIds = [...activeWarehouseIds.slice(first), ...activeWarehouseIds.slice(0, first)];
    // What nobody has moved out of the warehouse that is no longer in use.
    const leftOver = random.once(10) ? [inactiveWarehouseId] : [];
    for (const warehouse_id of [...warehouseIds.slice(0, random.whole(0, 3)), ...leftOver]) {
      id += 1;
      insert({
        id,
        item_id: item.id,
        sub_item_id: item.subItemId,
        warehouse_id,
        quantity: random.whole(0, 120) * 10,
        date: dayAfter(random.whole(960, 1000)),
        unique_id: random.once(3) ? null : `ERP-INV-${id}`,
      });
    }
  }
}
