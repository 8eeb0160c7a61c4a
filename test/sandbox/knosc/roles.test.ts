import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../../functions/ledger/catalogue/catalogue.ts';
import { roles } from '../../../sandbox/knosc/roles.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';
import { exportedRows } from './exported-rows.ts';
import { openViewRows } from './view-rows.ts';

const orders = 1500;
const { all, rows } = openViewRows(orders);
let knosc: KnoscSandbox;

beforeAll(async () => {
  knosc = await startKnosc({ orders });
});

afterAll(() => knosc.close());

async function signedIn(user: { username: string; password: string }): Promise<KnoscClient> {
  const client = createKnoscClient(knosc.url);
  await client.logIn(user);
  return client;
}

describe.each(['full', 'procurement', 'supplier'] as const)('the %s user may export', (name) => {
  const { role } = seededUsers[name];
  const held = new Map(role.privileges.map((privilege) => [privilege['Privilege Type'] as string, privilege]));
  let client: KnoscClient;
  beforeAll(async () => {
    client = await signedIn(seededUsers[name]);
  });

  test('exactly the views whose privilege its role holds', async () => {
    const refusal = JSON.stringify({ Message: 'Not Privileged for this action', Code: 'User.NotPrivileged' });
    for (const { name: view_name, privilege } of catalogue) {
      const mayView = (held.get(privilege)?.['Privilege Access'] ?? 'None') !== 'None';
      const answer = await client.exportData({ view_name, index: { limit: 1 } });
      const body = await answer.text();
      expect([view_name, answer.status, body === refusal]).toEqual([view_name, mayView ? 200 : 403, !mayView]);
    }
  });
});

test('the three roles see all views, some, and some but not all rows', () => {
  const seen = (role: (typeof roles)[keyof typeof roles]) =>
    catalogue.filter(({ privilege }) =>
      role.privileges.some((held) => held['Privilege Type'] === privilege && held['Privilege Access'] !== 'None'),
    ).length;
  expect([seen(roles.everything), seen(roles.procurement), seen(roles.supplierPortal)]).toEqual([44, 3, 9]);
});

describe('the rules of the supplier portal', () => {
  // Its own rows only, and nothing that concerns WH-04.
  const rules = roles.supplierPortal['Granular Privileges'];
  const isOwn = (row: Record<string, unknown>) => row['Supplier Id'] === 7;
  const isElsewhere = (row: Record<string, unknown>) => row['Warehouse Id'] !== 6;

  test.each([
    ['purchase_order_details', 20],
    ['purchase_order_item', 20],
    ['asn_list', 5],
    ['supplier_allocation', 2],
    ['supplier_master', 1],
    ['ship_from_master', 1],
  ])('drop all other rows of %s without a word', async (view_name, atLeast) => {
    const expected = rows(view_name).filter(
      (row) => isOwn(row) && (row['Warehouse Id'] === undefined || isElsewhere(row)),
    );
    expect(expected.length).toBeGreaterThanOrEqual(atLeast);
    expect(rows(view_name, {}, rules)).toEqual(expected);
    const client = await signedIn(seededUsers.supplier);
    expect(await exportedRows(client, { view_name })).toHaveLength(expected.length);
  });

  test('leave an order in the list that has a line elsewhere, and drop one whose lines are all at WH-04', () => {
    const lines = Map.groupBy(all('purchase_order_details'), (line) => line['PO List Number']);
    const everything = rows('purchase_order_list');
    const expected = everything.filter((order) => lines.get(order['PO List Number'] ?? null)?.some(isElsewhere));
    expect(expected.length).toBeLessThan(everything.length);
    expect(rows('purchase_order_list', {}, { include: {}, exclude: rules.exclude })).toEqual(expected);
    expect(rows('purchase_order_list', {}, rules)).toEqual(expected.filter(isOwn));
  });

  test('are not got round by filters', async () => {
    const client = await signedIn(seededUsers.supplier);
    for (const filters of [
      { 'Supplier Id': 12 },
      { 'Supplier Number': ['SUP-007', 'SUP-012'], 'Warehouse Number': 'WH-04' },
      { include: { 'Supplier Id': [12, 7], 'Warehouse Id': [6] }, exclude: { 'Supplier Id': [7] } },
    ])
      expect(await exportedRows(client, { view_name: 'purchase_order_details', filters })).toEqual([]);
  });

  test('hide from a filter on lines what is in a line at WH-04', () => {
    // An order of one's own with an item at WH-04 only, and something else elsewhere: the hidden line must not find it.
    const lines = all('purchase_order_details').filter(isOwn);
    const hidden = lines.find((line) => {
      const others = lines.filter((other) => other['PO List Number'] === line['PO List Number'] && other !== line);
      const isReal = line['PO Details Document Status'] !== 'Suggested';
      return isReal && !isElsewhere(line) && others.length > 0 && others.every(isElsewhere);
    });
    const filters = { 'PO List Number': hidden?.['PO List Number'], 'Item Number': hidden?.['Item Number'] };
    expect(rows('purchase_order_list', { filters })).toHaveLength(1);
    expect(rows('purchase_order_list', { filters }, rules)).toEqual([]);
  });

  test('do not touch a view that holds nothing of what they name', () => {
    expect(rows('item_master', {}, rules)).toEqual(rows('item_master'));
  });
});

test.each([
  ['Item Number', 'Item Id', 55, ['item_master', 'inventory_list', 'sales_order_details', 'dashboard_spend_by_item']],
  ['Supplier Number', 'Supplier Id', 12, ['supplier_master', 'purchase_order_item', 'dashboard_spend_by_supplier']],
  ['Customer Number', 'Customer Id', 4, ['customer_master', 'sales_order_list', 'forecast_details']],
  ['Warehouse Number', 'Warehouse Id', 3, ['warehouse_master', 'inventory_item', 'manufacturing_order_list']],
])('rules on %s keep or drop rows by %s, whatever the text beside it says', (category, key, id, viewNames) => {
  const values = { [category]: [[id, 'of no number']] as const };
  for (const name of viewNames) {
    const everything = rows(name);
    const own = everything.filter((row) => row[key] === id);
    expect(own.length, name).toBeGreaterThan(0);
    expect(own.length, name).toBeLessThan(everything.length);
    expect(rows(name, {}, { include: values, exclude: {} })).toEqual(own);
    expect(rows(name, {}, { include: {}, exclude: values })).toEqual(everything.filter((row) => row[key] !== id));
  }
});

describe('rows of inactive warehouses', () => {
  test.each(['warehouse_master', 'purchase_order_details', 'inventory_list', 'inventory_item', 'dashboard_world_map'])(
    'are left out of %s unless the request filters on Warehouse Status',
    (view) => {
      const everything = all(view);
      const active = everything.filter((row) => row['Warehouse Status'] !== 'Inactive');
      const filters = { 'Warehouse Status': 'Inactive' };
      expect(active.length).toBeLessThan(everything.length);
      const ids = (list: readonly Record<string, unknown>[]) => list.map((row) => row['id']).toSorted();
      const status = { 'PO Details Document Status': ['Open', 'Shipped', 'Received', 'Closed', 'Suggested'] };
      const shown = view === 'purchase_order_details' ? { filters: status } : {};
      expect(ids(rows(view, shown))).toEqual(ids(active));
      expect(rows(view, { filters }).length).toBe(everything.length - active.length);
    },
  );
});
