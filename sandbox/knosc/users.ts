import { type Role, roles } from './roles.ts';

/** A user of the sandbox's Knosc; as in Knosc, each has one role. */
export interface SeededUser {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly role: Role;
  readonly state: 'active' | 'never signed in' | 'suspended';
  /** Base32; a user with one is asked for a TOTP code. */
  readonly totpSecret?: string;
}

/** Known to all who read this, and good for nothing but this sandbox. */
export const seededUsers = {
  full: {
    username: 'export',
    email: 'export@acme.example',
    password: 'correct horse battery staple',
    role: roles.everything,
    state: 'active',
  },
  procurement: {
    username: 'procurement',
    email: 'procurement@acme.example',
    password: 'purchase only 1',
    role: roles.procurement,
    state: 'active',
  },
  supplier: {
    username: 'supplier',
    email: 'portal@acme.example',
    password: 'own rows only 5',
    role: roles.supplierPortal,
    state: 'active',
  },
  totp: {
    username: 'totp',
    email: 'totp@acme.example',
    password: 'two factors 2',
    role: roles.everything,
    state: 'active',
    totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  },
  newcomer: {
    username: 'newcomer',
    email: 'newcomer@acme.example',
    password: 'first day 3',
    role: roles.everything,
    state: 'never signed in',
  },
  suspended: {
    username: 'suspended',
    email: 'suspended@acme.example',
    password: 'gone away 4',
    role: roles.everything,
    state: 'suspended',
  },
} as const satisfies Record<string, SeededUser>;
