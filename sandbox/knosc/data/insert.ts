import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';

type Row = Readonly<Record<string, string | number | null>>;

const tableColumnSchema = z.object({ name: z.string() });

/** Inserts rows by column name. A column that a row leaves out is NULL; one that the table does not have is an error. */
export function createInsert(database: DatabaseSync, table: string): (row: Row) => void {
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map((column) => tableColumnSchema.parse(column).name);
  const values = columns.map((column) => `:${column}`);
  const statement = database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')})`);
  return (row) => void statement.run(row);
}
