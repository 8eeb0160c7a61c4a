import type { DatabaseSync } from 'node:sqlite';
import { dayAfter } from './days.ts';
import { createInsert } from './insert.ts';
import type { MasterData } from './master-data.ts';
import { createInsertOrder, successiveItems } from './orders.ts';
import { pad, type Random } from './random.ts';

/** `count` forecasts of one to five lines; FC-2024-Q1 (77) is that of Knosc's pages. Whose quarter is over is archived. */
export function seedForecasts(
  database: DatabaseSync,
  random: Random,
  { customers, items, activeWarehouseIds }: MasterData,
  count: number,
): void {
  const insertForecast = createInsertOrder(
    createInsert(database, 'forecasts'),
    createInsert(database, 'forecast_lines'),
    'forecast_id',
  );
  const documented = { status: 'Active', date: '2024-01-15' };
  insertForecast({ id: 77, number: 'FC-2024-Q1', customer_id: 4, status: 'Active', date: '2024-01-01' }, [
    { ...documented, id: 501, item_id: 55, warehouse_id: 3, ship_to_id: 9, quantity: 500, price: 19.9 },
  ]);
  let lineId = 5000;
  for (let id = 101; id <= count + 100; id += 1) {
    const customer = random.pick(customers);
    const made = random.whole(0, 1000);
    const status = made < 900 && random.once(2) ? 'Archived' : 'Active';
    const lines = successiveItems(random, items).map((item) => {
      lineId += 1;
      return {
        id: lineId,
        item_id: item.id,
        sub_item_id: item.subItemId,
        warehouse_id: random.pick(activeWarehouseIds),
        ship_to_id: customer.shipToId,
        quantity: random.whole(1, 40) * 10,
        price: Math.round(item.cost * 140) / 100,
        status,
        date: random.once(9) ? null : dayAfter(made + random.whole(0, 90)),
        unique_id: random.once(4) ? `ERP-FC-${lineId}` : null,
      };
    });
    const date = dayAfter(made);
    const quarter = Math.ceil(Number(date.slice(5, 7)) / 3);
    const number = `FC-${date.slice(0, 4)}-Q${quarter}-${pad(id, 4)}`;
    insertForecast({ id, number, customer_id: customer.id, status, date }, lines);
  }
}
