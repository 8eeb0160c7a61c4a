import type { DatabaseSync } from 'node:sqlite';
import { dayAfter } from './days.ts';
import { createInsert } from './insert.ts';
import type { MasterData } from './master-data.ts';
import { createInsertOrder, successiveItems } from './orders.ts';
import { pad, type Random } from './random.ts';

const statuses = ['Open', 'Open', 'Open', 'Shipped', 'Shipped', 'Received', 'Closed', 'Suggested'];

/** `count` purchase orders of one to five lines; PO-2024-001 (42) and PO-2024-002 (43) are those of Knosc's pages. */
export function seedPurchaseOrders(
  database: DatabaseSync,
  random: Random,
  masterData: MasterData,
  count: number,
): void {
  const insertOrder = createInsertOrder(
    createInsert(database, 'purchase_orders'),
    createInsert(database, 'purchase_order_lines'),
  );
  seedDocumentedOrders(insertOrder);
  const { suppliers, items, activeWarehouseIds, inactiveWarehouseId } = masterData;
  let lineId = 1000;
  for (let id = 1; id <= count; id += 1) {
    if (id === 42 || id === 43) continue;
    const supplier = random.pick(suppliers);
    const ordered = random.whole(0, 1000);
    const status = random.pick(statuses);
    // Some of what was closed long ago went to a warehouse that is no longer in use.
    const closedWarehouseIds = random.once(8) ? [inactiveWarehouseId] : activeWarehouseIds;
    const lines = successiveItems(random, items).map((item) => {
      const ships = ordered + random.whole(2, 20);
      lineId += 1;
      return {
        id: lineId,
        item_id: item.id,
        sub_item_id: item.subItemId,
        warehouse_id: random.pick(status === 'Closed' ? closedWarehouseIds : activeWarehouseIds),
        ship_from_id: supplier.shipFromId,
        quantity: random.whole(1, 50) * 10,
        price: item.cost,
        status,
        order_date: dayAfter(ordered),
        ship_date: dayAfter(ships),
        eta_date: dayAfter(ships + random.whole(2, 14)),
        unique_id: random.once(4) ? `ERP-PO-${lineId}` : null,
      };
    });
    const order_date = dayAfter(ordered);
    const servicenow_id = random.once(10) ? `SN-${5000 + id}` : null;
    const number = `PO-${order_date.slice(0, 4)}-${pad(id + 1000, 4)}`;
    insertOrder({ id, number, supplier_id: supplier.id, status, order_date, servicenow_id }, lines);
  }
}

function seedDocumentedOrders(insertOrder: ReturnType<typeof createInsertOrder>): void {
  const acme = { warehouse_id: 3, ship_from_id: 8, status: 'Open', order_date: '2024-03-01' };
  const early = { ...acme, ship_date: '2024-03-08', eta_date: '2024-03-15' };
  const late = { ...acme, warehouse_id: 4, ship_date: '2024-03-22', eta_date: '2024-03-28' };
  insertOrder({ id: 42, number: 'PO-2024-001', supplier_id: 7, status: 'Open', order_date: '2024-03-01' }, [
    { ...early, id: 101, item_id: 55, quantity: 200, price: 12.5 },
    { ...early, id: 102, item_id: 56, sub_item_id: 12, quantity: 200, price: 9.75 },
    { ...late, id: 103, item_id: 60, quantity: 100, price: 1.2 },
  ]);
  const order = { status: 'Shipped', order_date: '2024-03-05' };
  const global = { ...order, warehouse_id: 3, ship_from_id: 112, ship_date: '2024-03-12', eta_date: '2024-03-20' };
  insertOrder({ ...order, id: 43, number: 'PO-2024-002', supplier_id: 12, servicenow_id: 'SN-4892' }, [
    { ...global, id: 104, item_id: 61, quantity: 200, price: 3.4 },
  ]);
}
