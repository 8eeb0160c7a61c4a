import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { createInsert } from './insert.ts';
import { pad, type Random } from './random.ts';

const createdSchema = z.object({ entity: z.string(), number: z.string(), day: z.string() });

/** At most so many creations of each kind of document are in the log. */
const mostOfAKind = 400;

/** Who created which document when, and what somebody tried to delete and could not. */
export function seedLog(database: DatabaseSync, random: Random, userIds: readonly number[]): void {
  const insert = createInsert(database, 'log_entries');
  const created = database
    .prepare(
      `SELECT * FROM (SELECT 'Purchase Order' AS entity, number, order_date AS day FROM purchase_orders WHERE status <> 'Suggested' ORDER BY id LIMIT :most)
        UNION ALL SELECT * FROM (SELECT 'Sales Order', number, order_date FROM sales_orders ORDER BY id LIMIT :most)
        UNION ALL SELECT * FROM (SELECT 'Manufacturing Order', number, order_date FROM manufacturing_orders ORDER BY id LIMIT :most)
        UNION ALL SELECT * FROM (SELECT 'Forecast', number, date FROM forecasts ORDER BY id LIMIT :most)
      ORDER BY 3, 2`,
    )
    .all({ most: mostOfAKind });
  let id = 0;
  for (const row of created) {
    const { entity, number, day } = createdSchema.parse(row);
    const at = () =>
      `${day}T${pad(random.whole(6, 19), 2)}:${pad(random.whole(0, 59), 2)}:${pad(random.whole(0, 59), 2)}Z`;
    const entry = { user_id: random.pick(userIds), entity, entity_number: number };
    id += 1;
    insert({ ...entry, id, logged_at: at(), action: 'Create', succeeded: 1 });
    if (!random.once(12)) continue;
    id += 1;
    insert({ ...entry, id, logged_at: at(), action: 'Delete', succeeded: 0 });
  }
}
