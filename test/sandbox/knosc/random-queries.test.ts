import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kindFacts } from '../../../sandbox/knosc/column-kinds.ts';
import { views } from '../../../sandbox/knosc/views/all.ts';
import type { Column, View } from '../../../sandbox/knosc/views/view.ts';
import { openViewRows, type Stored, type StoredRow, storedRow } from './view-rows.ts';

const { database, all, rows } = openViewRows(60);

/** Any-of values by column key. */
type FilterMap = Readonly<Record<string, readonly Stored[]>>;

interface RandomQuery {
  readonly include: FilterMap;
  readonly exclude: FilterMap;
  /** Whether the older form is used even where nothing is excluded. */
  readonly isOldForm: boolean;
  readonly sort: { readonly key: string; readonly type: 'Ascending' | 'Descending' };
  readonly index: { readonly limit?: number; readonly offset?: number };
}

/** The lines of each document, by its id. */
function linesOf({ lines }: View): ReadonlyMap<unknown, readonly StoredRow[]> {
  if (!lines) return new Map();
  const columns = lines.columns.map(({ key, sql }) => `${sql} AS "${key}"`).join(', ');
  const found = database.prepare(`SELECT ${lines.documentId} AS "document", ${columns} FROM ${lines.from}`).all();
  return Map.groupBy(found.map(storedRow), (row) => row['document']);
}

/** SQLite's order: nothing first, then numbers, then texts by their bytes. */
function compare(a: Stored, b: Stored): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** A view's rows, and their lines by the document's id. */
interface Contents {
  readonly everything: readonly StoredRow[];
  readonly lines: ReadonlyMap<unknown, readonly StoredRow[]>;
}

/** The rows that a query should give, reckoned without SQL. */
function evaluate(view: View, { everything, lines }: Contents, query: RandomQuery): readonly StoredRow[] {
  const isOfRows = (key: string) => Object.hasOwn(everything[0] ?? {}, key);
  const includes = Object.entries(query.include);
  const excludes = [
    ...Object.entries(query.exclude),
    ...view.leavesOut
      .filter(({ key, unless }) => !(key in query.include) && !(unless === 'filtered on' && key in query.exclude))
      .map(({ key, value }) => [key, [value]] as const),
  ];
  const passes = (row: StoredRow, isOwn: (key: string) => boolean) =>
    includes.every(([key, values]) => !isOwn(key) || values.includes(row[key] ?? null)) &&
    !excludes.some(([key, values]) => isOwn(key) && values.some((value) => value === (row[key] ?? null)));
  const namesLines = [...includes, ...excludes].some(([key]) => !isOfRows(key));
  const { key, type } = query.sort;
  const sorted = everything
    .filter((row) => passes(row, isOfRows))
    .filter((row) => !namesLines || lines.get(row['id'])?.some((line) => passes(line, (name) => !isOfRows(name))))
    .toSorted((a, b) => compare(a[key] ?? null, b[key] ?? null) || compare(a['id'] ?? null, b['id'] ?? null));
  const { offset = 0, limit = Number.POSITIVE_INFINITY } = query.index;
  return (type === 'Descending' ? sorted.toReversed() : sorted).slice(offset, offset + limit);
}

/** As a client would send it: booleans as booleans, one value sometimes without a list, numbers sometimes as text. */
function asSent(columns: ReadonlyMap<string, Column>, map: FilterMap) {
  const value = (key: string, stored: Stored) => {
    const kind = columns.get(key)?.kind ?? 'text';
    if (kind === 'flag' && stored !== null) return stored === 1;
    return kindFacts(kind).format === 'number' && typeof stored === 'number' && stored % 3 === 0
      ? String(stored)
      : stored;
  };
  return Object.fromEntries(
    Object.entries(map).map(([key, values]) => {
      const sent = values.map((stored) => value(key, stored));
      return [key, sent.length === 1 && key.length % 2 === 0 ? sent[0] : sent];
    }),
  );
}

describe('any filters, sort and index agree with a plain evaluation of all rows', () => {
  test.each([...views.values()].map((view) => [view.name, view] as const))('of %s', (_name, view) => {
    const contents = { everything: all(view.name), lines: linesOf(view) };
    const { everything } = contents;
    const lines = [...contents.lines.values()].flat();
    const rowKeys = [...view.columns, ...view.hiddenColumns].map(({ key }) => key);
    const lineKeys = view.lines?.columns.map(({ key }) => key) ?? [];
    const columns = new Map(
      [...view.columns, ...view.hiddenColumns, ...(view.lines?.columns ?? [])].map((c) => [c.key, c]),
    );
    const valuesOf = new Map(
      [...rowKeys, ...lineKeys].map((key) => {
        const source = rowKeys.includes(key) ? everything : lines;
        return [key, [...new Set([...source.map((row) => row[key] ?? null), null])]] as const;
      }),
    );
    const filter = fc
      .constantFrom(...rowKeys, ...lineKeys)
      .chain((key) =>
        fc.tuple(fc.constant(key), fc.array(fc.constantFrom(...(valuesOf.get(key) ?? [])), { maxLength: 12 })),
      );
    const filters = fc.array(filter, { maxLength: 3 }).map((pairs): FilterMap => Object.fromEntries(pairs));
    const query: fc.Arbitrary<RandomQuery> = fc.record({
      include: fc.oneof(fc.constant({}), filters),
      exclude: fc.oneof(fc.constant({}), filters),
      isOldForm: fc.boolean(),
      sort: fc.record({ key: fc.constantFrom(...rowKeys), type: fc.constantFrom('Ascending', 'Descending') }),
      index: fc.record({ limit: fc.integer({ min: 1, max: 60 }), offset: fc.nat({ max: 80 }) }, { requiredKeys: [] }),
    });

    fc.assert(
      fc.property(query, (random) => {
        const include = asSent(columns, random.include);
        const isOld = random.isOldForm || Object.keys(random.exclude).length > 0;
        const sent = isOld ? { include, exclude: asSent(columns, random.exclude) } : include;
        const { sort, index } = random;
        expect(rows(view.name, { filters: sent, sort, index })).toEqual(evaluate(view, contents, random));
      }),
      { seed: 20_240_301, numRuns: 60 },
    );
  });
});
