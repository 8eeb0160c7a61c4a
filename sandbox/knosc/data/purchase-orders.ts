import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type MasterData, pad } from './master-data.ts';
import type { Random } from './random.ts';

interface Line {
  readonly id: number;
  readonly itemId: number;
  readonly subItemId: number | null;
  readonly warehouseId: number;
  readonly shipFromId: number;
  readonly quantity: number;
  readonly price: number;
  readonly shipDate: string;
  readonly etaDate: string;
}

interface Order {
  readonly id: number;
  readonly number: string;
  readonly supplierId: number;
  readonly status: string;
  readonly orderDate: string;
  readonly lines: readonly Line[];
}

const statuses = ['Open', 'Open', 'Open', 'Shipped', 'Shipped', 'Received', 'Closed', 'Suggested'] as const;
const dayMs = 86_400_000;
const firstDayMs = Date.UTC(2023, 0, 2);

/** `orders` purchase orders of one to five lines; PO-2024-001 (42) and PO-2024-002 (43) are those of Knosc's pages. */
export function seedPurchaseOrders(
  database: DatabaseSync,
  random: Random,
  masterData: MasterData,
  orders: number,
): void {
  const insertOrder = database.prepare('INSERT INTO purchase_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const insertLine = database.prepare(
    'INSERT INTO purchase_order_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  let lastLineId = 1000;
  for (const order of documentedOrders) insert(insertOrder, insertLine, order, order.id === 43 ? 'SN-4892' : null);
  for (let id = 1; id <= orders; id += 1) {
    if (id === 42 || id === 43) continue;
    const order = randomOrder(id, random, masterData, lastLineId);
    lastLineId += order.lines.length;
    insert(insertOrder, insertLine, order, random.once(10) ? `SN-${5000 + id}` : null);
  }
}

const documentedOrders: readonly Order[] = [
  {
    id: 42,
    number: 'PO-2024-001',
    supplierId: 7,
    status: 'Open',
    orderDate: '2024-03-01',
    lines: [
      {
        id: 101,
        itemId: 55,
        subItemId: null,
        warehouseId: 3,
        shipFromId: 8,
        quantity: 200,
        price: 12.5,
        shipDate: '2024-03-08',
        etaDate: '2024-03-15',
      },
      {
        id: 102,
        itemId: 56,
        subItemId: 12,
        warehouseId: 3,
        shipFromId: 8,
        quantity: 200,
        price: 9.75,
        shipDate: '2024-03-08',
        etaDate: '2024-03-15',
      },
      {
        id: 103,
        itemId: 60,
        subItemId: null,
        warehouseId: 4,
        shipFromId: 8,
        quantity: 100,
        price: 1.2,
        shipDate: '2024-03-22',
        etaDate: '2024-03-28',
      },
    ],
  },
  {
    id: 43,
    number: 'PO-2024-002',
    supplierId: 12,
    status: 'Shipped',
    orderDate: '2024-03-05',
    lines: [
      {
        id: 104,
        itemId: 61,
        subItemId: null,
        warehouseId: 3,
        shipFromId: 112,
        quantity: 200,
        price: 3.4,
        shipDate: '2024-03-12',
        etaDate: '2024-03-20',
      },
    ],
  },
];

function randomOrder(id: number, random: Random, masterData: MasterData, lastLineId: number): Order {
  const supplier = at(masterData.suppliers, random.whole(0, masterData.suppliers.length - 1));
  const orderedMs = firstDayMs + random.whole(0, 1000) * dayMs;
  const itemsFrom = random.whole(0, masterData.items.length - 1);
  const lines = Array.from({ length: random.whole(1, 5) }, (_, position): Line => {
    const item = at(masterData.items, (itemsFrom + position) % masterData.items.length);
    const shipsMs = orderedMs + random.whole(2, 20) * dayMs;
    return {
      id: lastLineId + position + 1,
      itemId: item.id,
      subItemId: item.subItemId,
      warehouseId: at(masterData.warehouseIds, random.whole(0, masterData.warehouseIds.length - 1)),
      shipFromId: supplier.shipFromId,
      quantity: random.whole(1, 50) * 10,
      price: random.whole(50, 9999) / 100,
      shipDate: day(shipsMs),
      etaDate: day(shipsMs + random.whole(2, 14) * dayMs),
    };
  });
  const year = new Date(orderedMs).getUTCFullYear();
  return {
    id,
    number: `PO-${year}-${pad(id + 1000, 4)}`,
    supplierId: supplier.id,
    status: random.pick(statuses),
    orderDate: day(orderedMs),
    lines,
  };
}

function insert(
  insertOrder: StatementSync,
  insertLine: StatementSync,
  order: Order,
  servicenowId: string | null,
): void {
  const { id, number, supplierId, status, orderDate, lines } = order;
  const quantity = lines.reduce((sum, line) => sum + line.quantity, 0);
  insertOrder.run(id, number, supplierId, status, orderDate, servicenowId, lines.length, quantity);
  for (const line of lines) {
    const { itemId, subItemId, warehouseId, shipFromId, price, shipDate, etaDate } = line;
    insertLine.run(
      line.id,
      id,
      itemId,
      subItemId,
      warehouseId,
      shipFromId,
      line.quantity,
      price,
      status,
      orderDate,
      shipDate,
      etaDate,
      null,
    );
  }
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function at<T>(list: readonly T[], position: number): T {
  const found = list[position];
  if (found === undefined) throw new RangeError(`there is no position ${position} in a list of ${list.length}`);
  return found;
}
