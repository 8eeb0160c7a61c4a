import type { DatabaseSync } from 'node:sqlite';
import { openSeededDatabase } from '../../../sandbox/knosc/data/seed.ts';
import { buildQuery, type QueryInput } from '../../../sandbox/knosc/query.ts';
import type { RowRules } from '../../../sandbox/knosc/roles.ts';
import { views } from '../../../sandbox/knosc/views/all.ts';
import type { View } from '../../../sandbox/knosc/views/view.ts';

/** As the database holds it: dates and moments are texts, booleans 0 and 1. */
export type Stored = string | number | null;
export type StoredRow = Readonly<Record<string, Stored>>;

/** Rows of views straight from a seeded database, without HTTP or workbook; hidden columns are there too. */
export interface ViewRows {
  readonly database: DatabaseSync;
  readonly rows: (viewName: string, input?: QueryInput, rules?: RowRules) => readonly StoredRow[];
  /** All rows of a view, those that it leaves out by itself included. */
  readonly all: (viewName: string) => readonly StoredRow[];
}

export function openViewRows(orders: number): ViewRows {
  const database = openSeededDatabase(orders);
  const read = (view: View, input: QueryInput, rules?: RowRules) => {
    const shown = { ...view, columns: [...view.columns, ...view.hiddenColumns], hiddenColumns: [] };
    const { sql, values } = buildQuery(shown, input, rules);
    return database
      .prepare(sql)
      .all(...values)
      .map(storedRow);
  };
  return {
    database,
    rows: (viewName, input = {}, rules) => read(viewNamed(viewName), input, rules),
    all: (viewName) => read({ ...viewNamed(viewName), leavesOut: [] }, { sort: { key: 'id', type: 'Ascending' } }),
  };
}

export function viewNamed(name: string): View {
  const view = views.get(name);
  if (!view) throw new Error(`there is no view ${name}`);
  return view;
}

export function storedRow(row: object): StoredRow {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, storedValue(value)]));
}

function storedValue(value: unknown): Stored {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  throw new Error(`a ${typeof value} in a view`);
}
