import type { DatabaseSync } from 'node:sqlite';
import { roles } from '../roles.ts';
import { seededUsers } from '../users.ts';
import { createInsert } from './insert.ts';

/** Who appears in tickets and log beside those who can sign in here. */
const colleagues = ['maria.oliveira', 'jan.kowalski', 'aiko.tanaka', 'sam.o-neill'];

/** Roles and users, without what they sign in with. Gives the users' ids. */
export function seedPeople(database: DatabaseSync): readonly number[] {
  const insertRole = createInsert(database, 'roles');
  const insertUser = createInsert(database, 'users');
  const roleNames = Object.values(roles).map(({ name }) => name);
  for (const [position, name] of roleNames.entries()) insertRole({ id: position + 1, name });
  const users = [
    ...Object.values(seededUsers).map(({ username, email, role }) => ({ username, email, role: role.name })),
    ...colleagues.map((username) => ({ username, email: `${username}@acme.example`, role: roles.everything.name })),
  ];
  return users.map(({ username, email, role }, position) => {
    const id = position + 1;
    insertUser({ id, username, email, role_id: roleNames.indexOf(role) + 1 });
    return id;
  });
}
