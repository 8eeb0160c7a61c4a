import leven from 'leven';
import { dashboards } from './dashboards.ts';
import { forecasts } from './forecasts.ts';
import { inventory } from './inventory.ts';
import { manufacturingOrders } from './manufacturing-orders.ts';
import { masterData } from './master-data.ts';
import { others } from './others.ts';
import { purchaseOrders } from './purchase-orders.ts';
import { salesOrders } from './sales-orders.ts';
import type { CatalogueView } from './view.ts';

/**
 * The views that Knosc's export page names, in its order, and the dashboards whose names follow from other pages. The list is
 * open ("and others"): what is not in it is passed on all the same.
 */
export const catalogue: readonly CatalogueView[] = [
  ...purchaseOrders,
  ...salesOrders,
  ...manufacturingOrders,
  ...forecasts,
  ...inventory,
  ...masterData,
  ...others,
  ...dashboards,
];

/** The three known names nearest to one that Knosc does not export, nearest first. */
export function nearestViewNames(viewName: string): readonly string[] {
  return catalogue
    .map(({ name }) => ({ name, distance: leven(name, viewName) }))
    .filter(({ distance }) => distance > 0)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}
