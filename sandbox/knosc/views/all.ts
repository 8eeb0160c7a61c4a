import * as dashboards from './dashboards.ts';
import * as forecasts from './forecasts.ts';
import * as inventory from './inventory.ts';
import * as manufacturingOrders from './manufacturing-orders.ts';
import * as masterData from './master-data.ts';
import * as others from './others.ts';
import * as purchaseOrders from './purchase-orders.ts';
import * as salesOrders from './sales-orders.ts';
import type { View } from './view.ts';

const groups = [
  purchaseOrders,
  salesOrders,
  manufacturingOrders,
  forecasts,
  inventory,
  masterData,
  others,
  dashboards,
] as const;

/** Every view that this sandbox can export, by name: whatever the modules beside this one declare. */
export const views: ReadonlyMap<string, View> = new Map(
  groups.flatMap((group): readonly View[] => Object.values(group)).map((view) => [view.name, view]),
);
