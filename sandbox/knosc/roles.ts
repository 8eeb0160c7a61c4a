/** What Knosc's pages name, those of the dashboards included; `Forecast vs Sales` is inferred. */
const privileges = [
  'Procurement',
  'Demand',
  'Manufacturing',
  'Forecast',
  'Forecast Over Time',
  'Forecast vs Sales',
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

/** What row rules may name, and the column that decides: the id, not the number. */
export const ruleCategories = [
  { category: 'Item Number', key: 'Item Id' },
  { category: 'Supplier Number', key: 'Supplier Id' },
  { category: 'Customer Number', key: 'Customer Id' },
  { category: 'Warehouse Number', key: 'Warehouse Id' },
] as const;

/** `[internal id, display text]` pairs by category, as Knosc writes them. */
type RuleValues = Readonly<
  Partial<Record<(typeof ruleCategories)[number]['category'], readonly (readonly [id: number, text: string])[]>>
>;

export interface RowRules {
  readonly include: RuleValues;
  readonly exclude: RuleValues;
}

/** A role as Knosc's `/api/role` writes it. A privilege that it does not list is `None`. */
export interface Role {
  readonly name: string;
  readonly privileges: readonly {
    readonly 'Privilege Type': Privilege;
    readonly 'Privilege Access': 'None' | 'View' | 'Edit';
  }[];
  readonly 'Granular Privileges'?: RowRules;
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
  supplierPortal: {
    name: 'Supplier Portal',
    privileges: (['Procurement', 'ASN', 'Supplier Allocation', 'Supplier Master', 'Item Master'] as const).map(
      (type) => ({ 'Privilege Type': type, 'Privilege Access': 'View' }) as const,
    ),
    'Granular Privileges': {
      include: { 'Supplier Number': [[7, 'SUP-007']] },
      exclude: { 'Warehouse Number': [[6, 'WH-04']] },
    },
  },
} as const satisfies Record<string, Role>;

/** Exporting only reads, so `View` is enough. */
export function mayView(role: Role, privilege: Privilege): boolean {
  return role.privileges.some((held) => held['Privilege Type'] === privilege && held['Privilege Access'] !== 'None');
}
