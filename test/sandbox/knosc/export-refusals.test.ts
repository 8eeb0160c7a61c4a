import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 10 });
  client = createKnoscClient(knosc.url);
  await client.logIn(seededUsers.full);
});

afterAll(() => knosc.close());

describe('a body that is no object of JSON is JSON.Invalid', () => {
  test.each(['', '{', 'null', '[]', '"purchase_order_list"'])('%j', async (body) => {
    const answer = await client.exportData(body);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { Message: 'Bad Request Format', Code: 'JSON.Invalid' },
    ]);
  });
});

describe('what is no exportable view is ExcelExportWithoutExtra', () => {
  test.each([{ view_name: 'nothing' }, {}, { view_name: 7 }, { view_name: null }, { view_name: '__proto__' }])(
    '%j',
    async (body) => {
      const answer = await client.exportData(body);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        { Message: expect.any(String), Code: 'ExcelExportWithoutExtra' },
      ]);
    },
  );
});

describe('the procurement user', () => {
  let procurement: KnoscClient;
  beforeAll(async () => {
    procurement = createKnoscClient(knosc.url);
    await procurement.logIn(seededUsers.procurement);
  });

  test.each(['purchase_order_list', 'purchase_order_details'])('may export %s', async (view_name) => {
    const answer = await procurement.exportData({ view_name });
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
  });

  test.each(['item_master', 'supplier_master', 'dashboard_statistics'])('may not export %s', async (view_name) => {
    const answer = await procurement.exportData({ view_name });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { Message: 'Not Privileged for this action', Code: 'User.NotPrivileged' },
    ]);
  });
});

describe('what cannot be asked of a view is CouldNotConstructExportData, saying what', () => {
  test.each([
    ['an unknown filter column', '{"filters":{"Nope":"1"}}', '"Nope"'],
    ['an alias in place of the key', '{"filters":{"PO #":"1"}}', '"PO #"'],
    ['a key that JavaScript knows', '{"filters":{"__proto__":"1"}}', '"__proto__"'],
    ['that key among those to exclude', '{"filters":{"exclude":{"__proto__":"1"}}}', '"__proto__"'],
    ['a column to exclude that is none', '{"filters":{"exclude":{"Nope":"1"}}}', '"Nope"'],
    ['text for a number', '{"filters":{"PO List Quantity":"many"}}', 'numbers'],
    ['a number for text', '{"filters":{"Supplier Name":7}}', 'texts'],
    ['a boolean for text', '{"filters":{"Supplier Name":true}}', 'texts'],
    ['a number for a date', '{"filters":{"PO List Order Date":20240301}}', 'dates'],
    ['a day that no month has', '{"filters":{"PO List Order Date":"2024-02-30"}}', 'dates'],
    ['a moment for a day', '{"filters":{"PO List Order Date":"2024-03-01T00:00:00Z"}}', 'dates'],
    ['a sort key that only lines have', '{"sort":{"key":"Item Number","type":"Ascending"}}', '"Item Number"'],
    ['one wrong value of several', '{"filters":{"id":[1,"x"]}}', 'numbers'],
    ['an object for a value', '{"filters":{"id":{"gt":3}}}', 'filters.id: is no text'],
    ['a number beyond all numbers', '{"filters":{"id":1e999}}', 'filters.id'],
    ['both forms at once', '{"filters":{"include":{"id":[42]},"id":42}}', 'Unrecognized key: "id"'],
    ['the older form without its maps', '{"filters":{"include":null}}', 'filters.include'],
    ['a list of lists', '{"filters":{"id":[[1]]}}', 'filters.id'],
    ['filters that are a list', '{"filters":[]}', 'filters'],
    ['filters that are text', '{"filters":"Open"}', 'filters'],
    ['an unknown sort key', '{"sort":{"key":"Nope","type":"Ascending"}}', '"Nope"'],
    ['a sort key that is SQL', '{"sort":{"key":"id\\" DESC; --","type":"Ascending"}}', 'sort key'],
    ['an unknown direction', '{"sort":{"key":"id","type":"Up"}}', 'sort.type'],
    ['no direction', '{"sort":{"key":"id"}}', 'sort.type'],
    ['a limit of zero', '{"index":{"limit":0}}', 'index.limit'],
    ['a negative limit', '{"index":{"limit":-1}}', 'index.limit'],
    ['a limit of 1.5', '{"index":{"limit":1.5}}', 'index.limit'],
    ['a limit that is text', '{"index":{"limit":"10"}}', 'index.limit'],
    ['a negative offset', '{"index":{"offset":-1}}', 'index.offset'],
    ['an offset of 0.5', '{"index":{"offset":0.5}}', 'index.offset'],
    ['an index by pages', '{"index":{"page":1}}', '"page"'],
    ['an index that is a number', '{"index":10}', 'index'],
    ['a sort by two keys', '{"sort":[{"key":"id","type":"Ascending"}]}', 'sort'],
  ])('%s', async (_name, rest, words) => {
    const answer = await client.exportData(`{"view_name":"purchase_order_list",${rest.slice(1)}`);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { Code: 'CouldNotConstructExportData', Message: expect.stringContaining(words) },
    ]);
  });

  test.each([
    ['a number for a boolean', 'log_list', { 'Log Succeeded': 1 }, 'booleans'],
    ['text for a boolean', 'log_list', { 'Log Succeeded': 'yes' }, 'booleans'],
    ['a day for a moment', 'log_list', { 'Log Timestamp': '2024-03-07' }, 'moments'],
    ['a moment without a zone', 'log_list', { 'Log Timestamp': '2024-03-07T14:30:00' }, 'moments'],
    ['a boolean for a number', 'item_master', { id: true }, 'numbers'],
    ['no number at all', 'item_master', { id: '0x10' }, 'numbers'],
  ])('%s', async (_name, view_name, filters, words) => {
    const answer = await client.exportData({ view_name, filters });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { Code: 'CouldNotConstructExportData', Message: expect.stringContaining(words) },
    ]);
  });
});
