import type { DatabaseSync } from 'node:sqlite';
import { dayAfter } from './days.ts';
import { createInsert } from './insert.ts';
import type { MasterData } from './master-data.ts';
import { createInsertOrder, successiveItems } from './orders.ts';
import { pad, type Random } from './random.ts';

/** What the lines of an order may be, together; the order's own status follows from them. */
const fulfilments = [['Open'], ['Open'], ['Open', 'Shipped'], ['Shipped'], ['Shipped'], ['Closed']];

/** `count` sales orders of one to five lines; SO-2024-001 is that of Knosc's pages. */
export function seedSalesOrders(database: DatabaseSync, random: Random, masterData: MasterData, count: number): void {
  const insertOrder = createInsertOrder(
    createInsert(database, 'sales_orders'),
    createInsert(database, 'sales_order_lines'),
  );
  seedDocumentedOrders(insertOrder);
  const { customers, items, activeWarehouseIds } = masterData;
  let lineId = 2000;
  for (let id = 101; id <= count + 100; id += 1) {
    const customer = random.pick(customers);
    const ordered = random.whole(0, 1000);
    const lineStatuses = random.pick(fulfilments);
    const lines = successiveItems(random, items).map((item) => {
      const ships = ordered + random.whole(1, 30);
      lineId += 1;
      return {
        id: lineId,
        item_id: item.id,
        sub_item_id: item.subItemId,
        warehouse_id: random.pick(activeWarehouseIds),
        ship_to_id: customer.shipToId,
        quantity: random.whole(1, 30) * 10,
        price: Math.round(item.cost * random.whole(110, 180)) / 100,
        status: random.pick(lineStatuses),
        order_date: dayAfter(ordered),
        ship_date: dayAfter(ships),
        eta_date: dayAfter(ships + random.whole(1, 7)),
        unique_id: random.once(4) ? `ERP-SO-${lineId}` : null,
      };
    });
    const order_date = dayAfter(ordered);
    const servicenow_id = random.once(12) ? `SN-${7000 + id}` : null;
    const number = `SO-${order_date.slice(0, 4)}-${pad(id + 1000, 4)}`;
    const status = documentStatus(lines.map((line) => line.status));
    insertOrder({ id, number, customer_id: customer.id, status, order_date, servicenow_id }, lines);
  }
}

function documentStatus(lineStatuses: readonly string[]): string {
  if (lineStatuses.every((status) => status === 'Closed')) return 'Closed';
  if (lineStatuses.every((status) => status === 'Shipped')) return 'Shipped';
  return lineStatuses.includes('Shipped') ? 'Partially Shipped' : 'Open';
}

/** Together they leave 300 of ITEM-A open at WH-01, and 480 shipped from there in January 2024, as Knosc's examples say. */
function seedDocumentedOrders(insertOrder: ReturnType<typeof createInsertOrder>): void {
  const order = { customer_id: 4, status: 'Open', order_date: '2024-03-04' };
  const line = { item_id: 55, warehouse_id: 3, ship_to_id: 9, price: 19.9, status: 'Open', order_date: '2024-03-04' };
  const open = { ...line, ship_date: '2024-03-22', eta_date: '2024-03-25' };
  insertOrder({ ...order, id: 21, number: 'SO-2024-001' }, [
    { ...open, id: 201, quantity: 200 },
    { ...open, id: 202, item_id: 56, sub_item_id: 12, quantity: 50 },
  ]);
  insertOrder({ ...order, id: 22, number: 'SO-2024-002' }, [{ ...open, id: 203, quantity: 100 }]);
  const past = { status: 'Shipped', order_date: '2024-01-08' };
  const shipped = { ...line, ...past, ship_date: '2024-01-19', eta_date: '2024-01-22' };
  insertOrder({ ...order, ...past, id: 20, number: 'SO-2024-000' }, [{ ...shipped, id: 200, quantity: 480 }]);
}
