/** What Knosc's pages name, those of the dashboards included. */
const privileges = [
  'Procurement',
  'Demand',
  'Manufacturing',
  'Forecast',
  'Forecast Over Time',
  'Inventory',
  'Inventory Planning',
  'Item Master',
  'Supplier Master',
  'Customer Master',
  'Warehouse Master',
  'Unit Master',
  'Bill of Materials',
  'ASN',
  'Supplier Allocation',
  'Issue Tracker',
  'Scenarios',
  'Users',
  'General Settings',
  'Dashboard',
  'Sales Analytics',
  'Procurement Analytics',
  'Revenue Analytics',
  'Spend Analytics',
] as const;

export type Privilege = (typeof privileges)[number];

/** A role as Knosc's `/api/role` writes it. A privilege that it does not list is `None`. */
export interface Role {
  readonly name: string;
  readonly privileges: readonly {
    readonly 'Privilege Type': Privilege;
    readonly 'Privilege Access': 'None' | 'View' | 'Edit';
  }[];
}

export const roles = {
  everything: {
    name: 'Everything',
    privileges: privileges.map((type) => ({ 'Privilege Type': type, 'Privilege Access': 'View' }) as const),
  },
  procurement: {
    name: 'Procurement',
    privileges: [
      { 'Privilege Type': 'Procurement', 'Privilege Access': 'Edit' },
      { 'Privilege Type': 'Supplier Master', 'Privilege Access': 'None' },
    ],
  },
} as const satisfies Record<string, Role>;

/** Exporting only reads, so `View` is enough. */
export function mayView(role: Role, privilege: Privilege): boolean {
  return role.privileges.some((held) => held['Privilege Type'] === privilege && held['Privilege Access'] !== 'None');
}
