/** A cell as hucre writes it. */
type Cell = string | number;

export const columns = [
  'PO #',
  'Line',
  'Supplier',
  'Item',
  'Description',
  'Warehouse',
  'Status',
  'Order Date',
  'Due Date',
  'Quantity',
  'Unit Price',
  'Currency',
  'Buyer',
] as const;

const statuses = ['Open', 'Confirmed', 'Partially Received', 'Received', 'Closed', 'Cancelled'];
const kinds = ['Bracket', 'Housing', 'Seal', 'Bearing', 'Fastener M6x20', 'Harness', 'Control Board', 'Gasket'];
const finishes = ['zinc plated', 'stainless', 'black anodised', 'raw', 'powder coated', ''];

/** Purchase order lines as such tables hold them: names and words that return, numbers and dates that mostly do not. */
export function purchaseOrderRows(count: number): Cell[][] {
  const random = createRandom(20261123);
  const pick = (from: readonly string[]) => from[random(from.length)] ?? '';
  return Array.from({ length: count }, (_, number) => [
    `PO-2026-${String(10_000 + Math.floor(number / 3)).padStart(6, '0')}`,
    (number % 3) + 1,
    `SUP-${String(random(240)).padStart(3, '0')}`,
    `ITM-${String(random(8_000)).padStart(5, '0')}`,
    `${pick(kinds)} ${random(400)} mm ${pick(finishes)}`.trimEnd(),
    `WH-${String(random(12)).padStart(2, '0')}`,
    pick(statuses),
    isoDay(random(700)),
    isoDay(700 + random(300)),
    random(5_000) + 1,
    random(1_000_000) / 100,
    pick(['EUR', 'USD', 'GBP']),
    `buyer.${random(40)}@example.com`,
  ]);
}

function isoDay(day: number): string {
  return new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10);
}

/** Whole numbers from 0 to below a limit, the same in each run (mulberry32). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
