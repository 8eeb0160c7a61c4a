/** How the values of a column are written; all but the last two are Knosc's own words (`data.headers[].format`). */
export type ColumnFormat = 'string' | 'string-link' | 'number' | 'date' | 'datetime' | 'boolean';

/** A column of a view's workbook, or one that only filters and sort know. */
export interface CatalogueColumn {
  readonly key: string;
  readonly format: ColumnFormat;
  /** The label in Knosc's web interface, where one is documented. Filters and sort use the key. */
  readonly alias?: string;
  /** False where no page of Knosc's names the column for this view: it may be called otherwise there. */
  readonly isDocumented: boolean;
}

/** What is known of a view that Knosc exports. */
export interface CatalogueView {
  readonly name: string;
  /** The heading under which Knosc's export page lists it. */
  readonly group: string;
  /** What the service account's role must hold, at least with `View`. */
  readonly privilege: string;
  /** Of the workbook, in order. */
  readonly columns: readonly CatalogueColumn[];
  /** Further columns, good for filters and sort only. */
  readonly hiddenColumns: readonly CatalogueColumn[];
}

export function documented(key: string, format: ColumnFormat, alias?: string): CatalogueColumn {
  return { key, format, isDocumented: true, ...(alias !== undefined && { alias }) };
}

export function inferred(key: string, format: ColumnFormat, alias?: string): CatalogueColumn {
  return { ...documented(key, format, alias), isDocumented: false };
}
