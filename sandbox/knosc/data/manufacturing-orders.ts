import type { DatabaseSync } from 'node:sqlite';
import { dayAfter } from './days.ts';
import { createInsert } from './insert.ts';
import type { MasterData } from './master-data.ts';
import { createInsertOrder, successiveItems } from './orders.ts';
import { pad, type Random } from './random.ts';

const statuses = ['Open', 'Open', 'In Progress', 'Completed', 'Closed'];

/** `count` manufacturing orders, of finished goods only; MO-2024-001 (55) is that of Knosc's pages. */
export function seedManufacturingOrders(
  database: DatabaseSync,
  random: Random,
  { items, activeWarehouseIds }: MasterData,
  count: number,
): void {
  const insertOrder = createInsertOrder(
    createInsert(database, 'manufacturing_orders'),
    createInsert(database, 'manufacturing_order_lines'),
  );
  const documented = { status: 'Open', order_date: '2024-03-01' };
  insertOrder({ ...documented, id: 55, number: 'MO-2024-001', warehouse_id: 3 }, [
    { ...documented, id: 301, item_id: 55, quantity: 500, start_date: '2024-03-05', end_date: '2024-03-12' },
  ]);
  const finishedGoods = items.filter(({ type }) => type === 'Finished Good');
  let lineId = 3000;
  for (let id = 101; id <= count + 100; id += 1) {
    const ordered = random.whole(0, 1000);
    const status = random.pick(statuses);
    const order_date = dayAfter(ordered);
    const lines = successiveItems(random, finishedGoods).map((item) => {
      const starts = ordered + random.whole(1, 14);
      lineId += 1;
      return {
        id: lineId,
        item_id: item.id,
        sub_item_id: item.subItemId,
        quantity: random.whole(1, 60) * 10,
        status,
        order_date: random.once(5) ? null : order_date,
        start_date: dayAfter(starts),
        end_date: dayAfter(starts + random.whole(1, 21)),
        unique_id: random.once(4) ? `ERP-MO-${lineId}` : null,
      };
    });
    const number = `MO-${order_date.slice(0, 4)}-${pad(id + 1000, 4)}`;
    insertOrder({ id, number, warehouse_id: random.pick(activeWarehouseIds), status, order_date }, lines);
  }
}
