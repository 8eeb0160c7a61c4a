import * as z from 'zod';
import { type FilterMap, type Filters, isAnyOf, isNoneOf, parse, parseFilters, type Sql } from './filters.ts';
import { unusable } from './knosc-error.ts';
import { type RowRules, ruleCategories } from './roles.ts';
import type { Column, LeavesOut, View } from './views/view.ts';

/** What an export's body says beside the view's name; still unknown values. */
export interface QueryInput {
  readonly filters?: unknown;
  readonly sort?: unknown;
  readonly index?: unknown;
}

const sortSchema = z.strictObject({ key: z.string(), type: z.enum(['Ascending', 'Descending']) });
const indexSchema = z.strictObject({ limit: z.int().min(1).optional(), offset: z.int().min(0).optional() });

/**
 * The rows that an export asks for and its role may see, as one statement. Throws 400 `CouldNotConstructExportData`, saying
 * what is wrong.
 */
export function buildQuery(view: View, input: QueryInput, rowRules?: RowRules): Sql {
  const columns = new Map([...view.columns, ...view.hiddenColumns].map((column) => [column.key, column]));
  const filters = parseFilters(input.filters ?? {});
  const conditions = conditionsOf(view, columns, [
    filters,
    leftOut(view.leavesOut, filters),
    ...(rowRules ? [ruled(view, columns, rowRules)] : []),
  ]);
  const sort = parse(sortSchema, input.sort ?? view.defaultSort, 'sort');
  if (!columns.has(sort.key)) throw noColumn('The sort key', view, sort.key);
  const index = parse(indexSchema, input.index ?? {}, 'index');
  const direction = sort.type === 'Ascending' ? 'ASC' : 'DESC';
  const selected = [...columns.values()].map(({ key, sql }) => `${sql} AS ${quoted(key)}`).join(', ');
  const shown = view.columns.map(({ key }) => quoted(key)).join(', ');
  const where = conditions.length > 0 ? ` WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}` : '';
  return {
    // The id makes every order a total one, so that pages never overlap.
    sql: `SELECT ${shown} FROM (SELECT ${selected} FROM ${view.from}) AS found${where} ORDER BY ${quoted(sort.key)} ${direction}, "id" ${direction} LIMIT ? OFFSET ?`,
    // A negative limit is SQLite's word for none.
    values: [...conditions.flatMap(({ values }) => values), index.limit ?? -1, index.offset ?? 0],
  };
}

/** A condition for each filter on a column of the view, and one for all filters on columns of its lines: one line must pass them. */
function conditionsOf(view: View, columns: ReadonlyMap<string, Column>, all: readonly Filters[]): readonly Sql[] {
  const ofRows: Sql[] = [];
  const ofLines: Sql[] = [];
  const add = (map: FilterMap, condition: typeof isAnyOf) => {
    for (const [key, values] of Object.entries(map)) {
      const column = columns.get(key);
      const lineColumn = view.lines?.columns.find((candidate) => candidate.key === key);
      if (column) ofRows.push(condition(column, `found.${quoted(key)}`, values));
      else if (lineColumn) ofLines.push(condition(lineColumn, lineColumn.sql, values));
      else throw noColumn('A filter', view, key);
    }
  };
  for (const { include, exclude } of all) {
    add(include, isAnyOf);
    add(exclude, isNoneOf);
  }
  if (!view.lines || ofLines.length === 0) return ofRows;
  const { from, documentId } = view.lines;
  const passing = ofLines.map(({ sql }) => sql).join(' AND ');
  const sql = `EXISTS (SELECT 1 FROM ${from} WHERE ${documentId} = found."id" AND ${passing})`;
  return [...ofRows, { sql, values: ofLines.flatMap(({ values }) => values) }];
}

/** What the view does not show by itself and the request has not asked for, as filters. */
function leftOut(leavesOut: readonly LeavesOut[], { include, exclude }: Filters): Filters {
  const isAskedFor = ({ key, unless }: LeavesOut) =>
    Object.hasOwn(include, key) || (unless === 'filtered on' && Object.hasOwn(exclude, key));
  const left = leavesOut.filter((rule) => !isAskedFor(rule));
  return { include: {}, exclude: Object.fromEntries(left.map(({ key, value }) => [key, [value]])) };
}

/** A role's rules as filters on the ids of what they name. A view that holds nothing of a category is not touched by its rule. */
function ruled(view: View, columns: ReadonlyMap<string, Column>, { include, exclude }: RowRules): Filters {
  const known = new Set([...columns.keys(), ...(view.lines?.columns.map(({ key }) => key) ?? [])]);
  const asFilters = (values: RowRules['include']): FilterMap => {
    const filters = ruleCategories.flatMap(({ category, key }) => {
      const pairs = values[category];
      return pairs && known.has(key) ? [[key, pairs.map(([id]) => id)] as const] : [];
    });
    return Object.fromEntries(filters);
  };
  return { include: asFilters(include), exclude: asFilters(exclude) };
}

function noColumn(what: string, view: View, key: string) {
  return unusable(`${what} names no column of ${view.name}: ${JSON.stringify(key.slice(0, 100))}.`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
