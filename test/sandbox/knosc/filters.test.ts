import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';
import { type Cell, exportedRows, type Row } from './exported-rows.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 300 });
  client = createKnoscClient(knosc.url);
  await client.logIn(seededUsers.full);
});

afterAll(() => knosc.close());

const rows = (body: object) => exportedRows(client, body);
type FilterMap = Readonly<Record<string, readonly Cell[]>>;

/** SQLite's order: nothing first, then numbers, then texts by their bytes. */
function compare(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** The rows that filters and sort should give, from all rows in the order of their ids. */
function evaluate(everything: readonly Row[], include: FilterMap, exclude: FilterMap, key: string, type: string) {
  const holds = (row: Row, [name, values]: readonly [string, readonly Cell[]]) => values.includes(row[name] ?? null);
  const sorted = everything
    .filter((row) => Object.entries(include).every((filter) => holds(row, filter)))
    .filter((row) => !Object.entries(exclude).some((filter) => holds(row, filter)))
    .toSorted((a, b) => compare(a[key] ?? null, b[key] ?? null));
  return type === 'Descending' ? sorted.toReversed() : sorted;
}

/** The same filters in the form of Knosc's examples, which has no word for excluding. */
function flat(include: FilterMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(include).map(([key, values]) => [key, values.length === 1 ? values[0] : values]),
  );
}

describe('filters, sort and index', () => {
  test.each(['item_master', 'purchase_order_list', 'supplier_master'])(
    'of %s agree with a plain evaluation of all its rows, whatever they are',
    async (view_name) => {
      const everything = await rows({ view_name, sort: { key: 'id', type: 'Ascending' } });
      const keys = Object.keys(everything[0] ?? {});
      const valueOf = (key: string) => fc.constantFrom(...new Set(everything.map((row) => row[key] ?? null)));
      const filter = fc
        .constantFrom(...keys)
        .chain((key) => fc.tuple(fc.constant(key), fc.array(valueOf(key), { minLength: 1, maxLength: 40 })));
      const filters = fc.array(filter, { maxLength: 2 }).map((pairs): FilterMap => Object.fromEntries(pairs));

      await fc.assert(
        fc.asyncProperty(
          filters,
          fc.option(filters),
          fc.constantFrom(...keys),
          fc.constantFrom('Ascending', 'Descending'),
          fc.record({ limit: fc.integer({ min: 1, max: 60 }), offset: fc.nat({ max: 250 }) }, { requiredKeys: [] }),
          async (include, exclude, key, type, index) => {
            const form = exclude === null ? flat(include) : { include, exclude };
            const { offset = 0, limit = Number.POSITIVE_INFINITY } = index;
            const expected = evaluate(everything, include, exclude ?? {}, key, type).slice(offset, offset + limit);
            expect(await rows({ view_name, filters: form, sort: { key, type }, index })).toEqual(expected);
          },
        ),
        { seed: 20_240_301, numRuns: 40 },
      );
    },
  );

  test('take keys outside the headers, which the sheet does not show', async () => {
    const suppliers = await rows({ view_name: 'supplier_master' });
    const numberOf = new Map(suppliers.map((supplier) => [supplier['Supplier Name'], supplier['Supplier Number']]));
    const all = await rows({ view_name: 'purchase_order_list', sort: { key: 'Supplier Number', type: 'Descending' } });
    const numbers = all.map((order) => String(numberOf.get(order['Supplier Name'] ?? null)));
    expect(numbers).toEqual(numbers.toSorted().toReversed());
    const own = await rows({ view_name: 'purchase_order_list', filters: { 'Supplier Number': 'SUP-007' } });
    expect(own).toHaveLength(numbers.filter((number) => number === 'SUP-007').length);
    expect(new Set(own.map((order) => order['Supplier Name']))).toEqual(new Set(['Acme Components Ltd.']));
  });

  test.each([
    ['a number as text', { id: '55' }, ['ITEM-A']],
    ['a list and a scalar, both of which hold', { 'Item Number': ['COMP-X', 'COMP-Y'], 'Item Unit': 'KG' }, ['COMP-Y']],
    ['null beside a value', { 'Item Weight': [null, 0.5], 'Item Number': ['ITEM-A', 'ITEM-B'] }, ['ITEM-A']],
    ['text only in its own case', { 'Item Number': 'item-a' }, []],
    ['no value at all', { 'Item Number': [] }, []],
    ['more values than a statement has room for', { id: Array.from({ length: 40_000 }, (_, n) => 60 - n) }, 60],
    ['quotes, which end no string', { 'Item Number': '\' OR "1"="1' }, []],
    ['nothing', null, 200],
  ])('take %s', async (_name, filters, expected) => {
    const numbers = (await rows({ view_name: 'item_master', filters })).map((row) => row['Item Number']);
    expect(typeof expected === 'number' ? numbers.length : numbers).toEqual(expected);
  });

  test('that are null are as good as absent', async () => {
    const body = { view_name: 'unit_master' };
    expect(await rows({ ...body, filters: null, sort: null, index: null })).toEqual(await rows(body));
  });
});

describe('rows that are left out', () => {
  const key = 'Warehouse Status';
  test.each([
    ['nothing is asked', {}, 7],
    ['another column is filtered on', { 'Warehouse Number': 'WH-05' }, 0],
    ['they are asked for', { [key]: 'Inactive' }, 1],
    ['all are asked for', { [key]: ['Active', 'Inactive'] }, 8],
    ['the others are excluded', { exclude: { [key]: 'Active' } }, 1],
  ])('are inactive warehouses; where %s there are %j', async (_name, filters, count) => {
    expect(await rows({ view_name: 'warehouse_master', filters })).toHaveLength(count);
  });

  test.each([
    ['nothing is asked', {}, ['Closed', 'Open', 'Received', 'Shipped']],
    ['they are asked for', { 'PO List Document Status': 'Suggested' }, ['Suggested']],
    ['others are excluded', { exclude: { 'PO List Document Status': 'Received' } }, ['Closed', 'Open', 'Shipped']],
  ])('are suggested orders; where %s', async (_name, filters, statuses) => {
    const found = await rows({ view_name: 'purchase_order_list', filters });
    expect([...new Set(found.map((order) => order['PO List Document Status']))].toSorted()).toEqual(statuses);
  });
});
