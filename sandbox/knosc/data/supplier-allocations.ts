import type { DatabaseSync } from 'node:sqlite';
import { createInsert } from './insert.ts';
import type { MasterData } from './master-data.ts';
import { at, type Random } from './random.ts';

/** How an item's purchases may be shared out; each adds up to 100. */
const shares = [[100], [70, 30], [60, 40], [50, 30, 20]];

/** Who supplies what is bought, by priority; 70 % of ITEM-A from SUP-007 (1101) is that of Knosc's pages. */
export function seedSupplierAllocations(
  database: DatabaseSync,
  random: Random,
  { items, suppliers }: MasterData,
): void {
  const insert = createInsert(database, 'supplier_allocations');
  const widget = { item_id: 55, status: 'Active' };
  insert({ ...widget, id: 1101, supplier_id: 7, percentage: 70, priority: 1 });
  insert({ ...widget, id: 1102, supplier_id: 12, percentage: 30, priority: 2 });
  let id = 2000;
  for (const item of items.filter(({ type }) => type !== 'Finished Good')) {
    const first = random.whole(0, suppliers.length - 1);
    // A whole set of shares is in force or none of it, so that those in force always add up.
    const status = random.once(12) ? 'Inactive' : 'Active';
    for (const [position, percentage] of random.pick(shares).entries()) {
      id += 1;
      const supplier_id = at(suppliers, (first + position) % suppliers.length).id;
      insert({ id, item_id: item.id, supplier_id, percentage, priority: position + 1, status });
    }
  }
}
