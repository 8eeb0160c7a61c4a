import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';
import { exportedRows } from './exported-rows.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 300 });
  client = createKnoscClient(knosc.url);
  await client.logIn(seededUsers.full);
});

afterAll(() => knosc.close());

const rows = (body: object) => exportedRows(client, body);
describe('filters, sort and index', () => {
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
    ['a decimal as text', { 'Item Weight': '0.50', 'Item Number': ['ITEM-A', 'ITEM-B'] }, ['ITEM-A']],
    ['letters that are none', { 'Item Number': ['\u0000', '\uD800'] }, []],
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

  test.each([
    ['a line for the item', { 'Item Number': 'ITEM-A' }, ['SO-2024-000', 'SO-2024-001', 'SO-2024-002']],
    ['one line for both', { 'Item Number': 'ITEM-B', 'SO Details Quantity': 50 }, ['SO-2024-001']],
    ['no single line for both', { 'Item Number': 'ITEM-B', 'SO Details Quantity': 200 }, []],
    ['keys of order and line', { 'Item Number': 'ITEM-A', 'SO List Document Status': 'Shipped' }, ['SO-2024-000']],
    [
      'a line that is left when others are excluded',
      { include: { 'Item Number': ['ITEM-A', 'ITEM-B'] }, exclude: { 'Item Number': ['ITEM-A'] } },
      ['SO-2024-001'],
    ],
  ])('of lines find an order that has %s', async (_name, filters, expected) => {
    const found = await rows({ view_name: 'sales_order_list', filters, sort: { key: 'id', type: 'Ascending' } });
    expect(found.map((row) => row['SO List Number'])).toEqual(expected);
  });

  test.each([
    ['a boolean', 'log_list', { 'Log Succeeded': false }, 'Log Action', 'Delete'],
    ['a boolean as text', 'log_list', { 'Log Succeeded': 'true' }, 'Log Action', 'Create'],
    ['a moment', 'asn_list', { Timestamp: '2024-03-07T14:30:00Z' }, 'ASN Number', 'ASN-2024-001'],
    ['a moment in another zone', 'asn_list', { Timestamp: '2024-03-07T15:30:00+01:00' }, 'ASN Number', 'ASN-2024-001'],
    ['a day', 'asn_list', { ETA: '2024-03-15', 'ASN Details Quantity': '200' }, 'ASN Number', 'ASN-2024-001'],
  ])('take %s for what it is', async (_name, view_name, filters, key, expected) => {
    const found = await rows({ view_name, filters });
    expect(new Set(found.map((row) => row[key]))).toEqual(new Set([expected]));
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
