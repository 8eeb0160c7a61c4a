import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { createInsert } from './insert.ts';
import { pad, type Random } from './random.ts';

const shipmentSchema = z.object({
  order_id: z.number(),
  warehouse_id: z.number(),
  supplier_id: z.number(),
  ship_from_id: z.number(),
  ship_date: z.string(),
  eta: z.string(),
  lines: z.string().transform((ids) => ids.split(',').map(Number)),
});

const lineSchema = z.object({ quantity: z.number(), ship_date: z.string(), eta_date: z.string() });

/** At most so many notices: they are a list to look at, not to scale with the orders. */
const mostNotices = 1500;

/** A notice for each warehouse that an order was shipped to; ASN-2024-001 (1001) is that of Knosc's pages. */
export function seedShipmentNotices(database: DatabaseSync, random: Random): void {
  const insertNotice = createInsert(database, 'asns');
  const insertLine = createInsert(database, 'asn_lines');
  const announced = { eta: '2024-03-15', ship_date: '2024-03-08' };
  insertNotice({
    ...announced,
    id: 1001,
    number: 'ASN-2024-001',
    bol: 'BOL-789456',
    sent_at: '2024-03-07T14:30:00Z',
    supplier_id: 7,
    ship_from_id: 8,
    warehouse_id: 3,
  });
  insertLine({ ...announced, id: 1051, asn_id: 1001, purchase_order_line_id: 101, quantity: 200 });

  const lineOf = database.prepare('SELECT quantity, ship_date, eta_date FROM purchase_order_lines WHERE id = ?');
  const shipments = database.prepare(
    `SELECT l.order_id, l.warehouse_id, o.supplier_id, l.ship_from_id, min(l.ship_date) AS ship_date, max(l.eta_date) AS eta,
        group_concat(l.id) AS lines
      -- CROSS keeps the lines outside: their index by order is made only later.
      FROM purchase_order_lines l CROSS JOIN purchase_orders o ON o.id = l.order_id
      WHERE o.status IN ('Shipped', 'Received') AND l.order_id < 20000
      GROUP BY l.order_id, l.warehouse_id ORDER BY l.order_id, l.warehouse_id LIMIT ?`,
  );
  let id = 2000;
  let lineId = 5000;
  for (const row of shipments.all(mostNotices)) {
    const { lines, order_id: _, ...shipment } = shipmentSchema.parse(row);
    id += 1;
    insertNotice({
      ...shipment,
      id,
      number: `ASN-${shipment.ship_date.slice(0, 4)}-${pad(id, 4)}`,
      bol: random.once(4) ? null : `BOL-${random.whole(100_000, 999_999)}`,
      sent_at: `${shipment.ship_date}T${pad(random.whole(6, 19), 2)}:${pad(random.whole(0, 59), 2)}:00Z`,
    });
    for (const purchase_order_line_id of lines) {
      lineId += 1;
      const line = lineSchema.parse(lineOf.get(purchase_order_line_id));
      const { quantity, ship_date, eta_date: eta } = line;
      insertLine({ id: lineId, asn_id: id, purchase_order_line_id, quantity, eta, ship_date });
    }
  }
}
