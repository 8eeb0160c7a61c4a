import type { createInsert } from './insert.ts';
import type { Item } from './master-data.ts';
import { at, type Random } from './random.ts';

type Insert = ReturnType<typeof createInsert>;
type Row = Parameters<Insert>[0];
type Line = Row & { readonly quantity: number };

/** Inserts an order or forecast with its lines; the document's count of items and its quantity are those of the lines. */
export function createInsertOrder(insertOrder: Insert, insertLine: Insert, orderKey = 'order_id') {
  return (order: Row & { readonly id: number }, lines: readonly Line[]): void => {
    const quantity = lines.reduce((sum, line) => sum + line.quantity, 0);
    insertOrder({ ...order, total_items: lines.length, quantity });
    for (const line of lines) insertLine({ ...line, [orderKey]: order.id });
  };
}

/** One to five different items. */
export function successiveItems(random: Random, items: readonly Item[]): readonly Item[] {
  const first = random.whole(0, items.length - 1);
  return Array.from({ length: random.whole(1, 5) }, (_, position) => at(items, (first + position) % items.length));
}
