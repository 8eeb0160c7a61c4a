import { DatabaseSync } from 'node:sqlite';
import { seedMasterData } from './master-data.ts';
import { seedPurchaseOrders } from './purchase-orders.ts';
import { createRandom } from './random.ts';
import { indexes, schema } from './schema.ts';

/** A database in memory with Knosc's documented examples and `orders` purchase orders; the same at every start. */
export function openSeededDatabase(orders: number): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  const random = createRandom(20_240_301);
  database.exec(schema);
  database.exec('BEGIN');
  const masterData = seedMasterData(database, random);
  seedPurchaseOrders(database, random, masterData, orders);
  database.exec('COMMIT');
  database.exec(indexes);
  return database;
}
