import { DatabaseSync } from 'node:sqlite';
import { seedBillsOfMaterials } from './bills-of-materials.ts';
import { seedForecasts } from './forecasts.ts';
import { seedInventory } from './inventory.ts';
import { seedTickets } from './tickets.ts';
import { seedLog } from './log.ts';
import { seedManufacturingOrders } from './manufacturing-orders.ts';
import { seedMasterData } from './master-data.ts';
import { seedPeople } from './people.ts';
import { seedPurchaseOrders } from './purchase-orders.ts';
import { createRandom } from './random.ts';
import { seedSalesOrders } from './sales-orders.ts';
import { indexes, schema } from './schema.ts';
import { seedShipmentNotices } from './shipment-notices.ts';
import { seedSupplierAllocations } from './supplier-allocations.ts';

/**
 * A database in memory with Knosc's documented examples and `orders` purchase orders; the same at every start. Only purchase
 * orders grow without end: of the others there are at most 3,000 sales orders, 750 manufacturing orders and 300 forecasts.
 */
export function openSeededDatabase(orders: number): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(schema);
  database.exec('BEGIN');
  const userIds = seedPeople(database);
  // Each has numbers of its own, so that one more row here does not change all the others.
  const masterData = seedMasterData(database, createRandom(1));
  seedPurchaseOrders(database, createRandom(2), masterData, orders);
  seedSalesOrders(database, createRandom(3), masterData, Math.min(orders, 3000));
  seedManufacturingOrders(database, createRandom(4), masterData, Math.min(Math.ceil(orders / 4), 750));
  seedForecasts(database, createRandom(5), masterData, Math.min(Math.ceil(orders / 10), 300));
  seedInventory(database, createRandom(6), masterData);
  seedBillsOfMaterials(database, createRandom(7), masterData);
  seedSupplierAllocations(database, createRandom(8), masterData);
  seedShipmentNotices(database, createRandom(9));
  seedTickets(database, createRandom(10), userIds, orders);
  seedLog(database, createRandom(11), userIds);
  database.exec('COMMIT');
  database.exec(indexes);
  return database;
}
