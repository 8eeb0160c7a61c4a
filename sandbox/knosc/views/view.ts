import type { ColumnKind } from '../column-kinds.ts';
import type { Privilege } from '../roles.ts';

/** A column of a view. `sql` is an expression over the view's `from`; `key` is what filters, sort and the sheet call it. */
export interface Column {
  readonly key: string;
  readonly kind: ColumnKind;
  readonly sql: string;
  /** The label of Knosc's web interface, where it is not the key. */
  readonly alias?: string;
  /** False where Knosc's pages do not name the column for this view and we had to choose it. */
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

/** The lines of a view whose rows are documents: a document is found where one line passes all filters on these columns. */
export interface Lines {
  readonly from: string;
  /** A line's reference to `id` of the view. */
  readonly documentId: string;
  readonly columns: readonly Column[];
}

/** One exportable view: a declaration, and nothing else, makes it filterable, sortable and exportable. */
export interface View {
  readonly name: string;
  /** The heading under which Knosc's export page lists it. */
  readonly group: string;
  /** What a role must hold to see it (Knosc, "Roles and privileges"). */
  readonly privilege: Privilege;
  readonly from: string;
  /** What the sheet shows, in order. */
  readonly columns: readonly Column[];
  /** What rows carry outside the sheet: good for filters, sort and row rules only. One of the two holds a unique `id`. */
  readonly hiddenColumns: readonly Column[];
  readonly lines?: Lines;
  readonly defaultSort: { readonly key: string; readonly type: Direction };
  readonly leavesOut: readonly LeavesOut[];
}

/** Short forms for declarations. */
export function documented(key: string, kind: ColumnKind, sql: string, alias?: string): Column {
  return { key, kind, sql, isDocumented: true, ...(alias !== undefined && { alias }) };
}

export function chosen(key: string, kind: ColumnKind, sql: string, alias?: string): Column {
  return { ...documented(key, kind, sql, alias), isDocumented: false };
}

export function ascending(key: string): View['defaultSort'] {
  return { key, type: 'Ascending' };
}

export function descending(key: string): View['defaultSort'] {
  return { key, type: 'Descending' };
}

/** Knosc leaves inactive warehouses out of every list unless the request filters on `Warehouse Status`. */
export const inactiveWarehouses: LeavesOut = { key: 'Warehouse Status', value: 'Inactive', unless: 'filtered on' };

/** What rules on a warehouse and the rule above look at; `w` is the warehouse. */
export const warehouseFacts: readonly Column[] = [
  chosen('Warehouse Id', 'id', 'w.id'),
  chosen('Warehouse Status', 'text', 'w.status'),
];
