import { dashboardSpendBySupplier, dashboardStatistics } from './dashboards.ts';
import { itemMaster, supplierMaster, unitMaster, warehouseMaster } from './master-data.ts';
import { purchaseOrderDetails, purchaseOrderList } from './purchase-orders.ts';
import type { View } from './view.ts';

/** Every view that this sandbox can export, by name. */
export const views: ReadonlyMap<string, View> = new Map(
  [
    purchaseOrderList,
    purchaseOrderDetails,
    itemMaster,
    supplierMaster,
    warehouseMaster,
    unitMaster,
    dashboardStatistics,
    dashboardSpendBySupplier,
  ].map((view) => [view.name, view]),
);
