/** A user of the sandbox's Knosc. `role` names what its one role lets it see. */
export interface SeededUser {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly privileges: readonly string[];
  readonly state: 'active' | 'never signed in' | 'suspended';
  /** Base32; a user with one is asked for a TOTP code. */
  readonly totpSecret?: string;
}

const allPrivileges = [
  'Procurement',
  'Demand',
  'Manufacturing',
  'Forecast',
  'Inventory',
  'Inventory Planning',
  'Item Master',
  'Supplier Master',
  'Customer Master',
  'Warehouse Master',
  'Unit Master',
  'Bill of Materials',
  'Dashboard',
  'Spend Analytics',
  'Revenue Analytics',
];

/** Known to all who read this, and good for nothing but this sandbox. */
export const seededUsers = {
  full: {
    username: 'export',
    email: 'export@acme.example',
    password: 'correct horse battery staple',
    privileges: allPrivileges,
    state: 'active',
  },
  procurement: {
    username: 'procurement',
    email: 'procurement@acme.example',
    password: 'purchase only 1',
    privileges: ['Procurement'],
    state: 'active',
  },
  totp: {
    username: 'totp',
    email: 'totp@acme.example',
    password: 'two factors 2',
    privileges: allPrivileges,
    state: 'active',
    totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  },
  newcomer: {
    username: 'newcomer',
    email: 'newcomer@acme.example',
    password: 'first day 3',
    privileges: allPrivileges,
    state: 'never signed in',
  },
  suspended: {
    username: 'suspended',
    email: 'suspended@acme.example',
    password: 'gone away 4',
    privileges: allPrivileges,
    state: 'suspended',
  },
} as const satisfies Record<string, SeededUser>;
