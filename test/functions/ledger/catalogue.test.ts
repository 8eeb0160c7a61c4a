import { expect, test } from 'vitest';
import { catalogue, nearestViewNames } from '../../../functions/ledger/catalogue/catalogue.ts';

test.each([
  ['purchase_orders_list', ['purchase_order_list']],
  ['item_maste', ['item_master', 'sub_item_master']],
  ['dashboard_spend_by_suppliers', ['dashboard_spend_by_supplier']],
  ['ITEM_MASTER', []],
  // A view that Knosc's page names but this deployment refuses is no help against itself.
  ['item_master', ['sub_item_master']],
])('the known names nearest to %s begin with %j', (name, nearest) => {
  const names = nearestViewNames(name);
  expect(names).toHaveLength(3);
  expect(names).not.toContain(name);
  expect(names.slice(0, nearest.length)).toEqual(nearest);
});

test('every column of a view is named once', () => {
  for (const { columns, hiddenColumns } of catalogue) {
    const keys = [...columns, ...hiddenColumns].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  }
});
