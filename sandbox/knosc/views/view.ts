import type { Privilege } from '../roles.ts';

/** How Knosc says a column's values are written (`data.headers[].format` of its lists). */
export type ColumnFormat = 'string' | 'string-link' | 'date' | 'number';

/** A column of a view. `sql` is an expression over the view's `from`; `key` is what filters, sort and the sheet call it. */
export interface Column {
  readonly key: string;
  readonly format: ColumnFormat;
  readonly sql: string;
  /** The label of Knosc's web interface, where it is not the key. */
  readonly alias?: string;
  /** False where Knosc's pages do not name the column and we had to choose it. */
  readonly isDocumented: boolean;
}

export type Direction = 'Ascending' | 'Descending';

/** Rows that a view does not show by itself. */
export interface LeavesOut {
  readonly key: string;
  readonly value: string;
  /** What brings them back: any filter on the column, or only one that names values to include. */
  readonly unless: 'filtered on' | 'included';
}

/** One exportable view: a declaration, and nothing else, makes it filterable, sortable and exportable. */
export interface View {
  readonly name: string;
  /** What a role must hold to see it (Knosc, "Roles and privileges"). */
  readonly privilege: Privilege;
  readonly from: string;
  /** What the sheet shows, in order. */
  readonly columns: readonly Column[];
  /** What rows carry outside the sheet: good for filters and sort only. */
  readonly hiddenColumns: readonly Column[];
  readonly defaultSort: { readonly key: string; readonly type: Direction };
  /** A column whose values are unique: it makes every order a total one, so that pages never overlap. */
  readonly tieBreaker: string;
  readonly leavesOut?: LeavesOut;
}

/** Short forms for declarations. */
export function documented(key: string, format: ColumnFormat, sql: string, alias?: string): Column {
  return { key, format, sql, isDocumented: true, ...(alias !== undefined && { alias }) };
}

export function chosen(key: string, format: ColumnFormat, sql: string): Column {
  return { key, format, sql, isDocumented: false };
}
