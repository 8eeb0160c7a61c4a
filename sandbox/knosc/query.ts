import * as z from 'zod';
import { refused } from './knosc-error.ts';
import type { Column, LeavesOut, View } from './views/view.ts';

/** A statement with its values beside it, ready to be prepared. */
export interface Query {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

type Scalar = string | number | null;
type FilterMap = Readonly<Record<string, unknown>>;
const daySchema = z.iso.date();
const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const valuesSchema = z.union([scalarSchema.transform((value) => [value]), z.array(scalarSchema)]);
const filterMapSchema = z
  .unknown()
  // A record drops this one key without a word, and a filter that is dropped gives rows that nobody asked for.
  .refine((map) => !(typeof map === 'object' && map !== null && Object.hasOwn(map, '__proto__')), {
    error: 'names no column: "__proto__"',
  })
  .pipe(z.record(z.string(), valuesSchema));
const includeExcludeSchema = z.strictObject({
  include: filterMapSchema.optional(),
  exclude: filterMapSchema.optional(),
});
const sortSchema = z.strictObject({ key: z.string(), type: z.enum(['Ascending', 'Descending']) });
const indexSchema = z.strictObject({ limit: z.int().min(1).optional(), offset: z.int().min(0).optional() });

/** What an export's body says beside the view's name; still unknown values. */
export interface QueryInput {
  readonly filters?: unknown;
  readonly sort?: unknown;
  readonly index?: unknown;
}

/** The rows that an export asks for, as one statement. Throws 400 `CouldNotConstructExportData`, saying what is wrong. */
export function buildQuery(view: View, input: QueryInput): Query {
  const columns = new Map([...view.columns, ...view.hiddenColumns].map((column) => [column.key, column]));
  const column = (key: string, what: string): Column => {
    const found = columns.get(key);
    if (found) return found;
    throw unusable(`${what} names no column of ${view.name}: ${JSON.stringify(key.slice(0, 100))}.`);
  };
  const { include, exclude } = parseFilters(input.filters ?? {});
  const conditions = [
    ...Object.entries(include).map(([key, values]) => anyOf(column(key, 'A filter'), values)),
    ...Object.entries(exclude).map(([key, values]) => noneOf(column(key, 'A filter'), values)),
  ];
  const { leavesOut } = view;
  if (leavesOut && !isAskedFor(leavesOut, include, exclude))
    conditions.push(noneOf(column(leavesOut.key, 'The view'), [leavesOut.value]));

  const sort = parse(sortSchema, input.sort ?? view.defaultSort, 'sort');
  const index = parse(indexSchema, input.index ?? {}, 'index');
  const direction = sort.type === 'Ascending' ? 'ASC' : 'DESC';
  const order = `${quoted(column(sort.key, 'The sort key').key)} ${direction}, ${quoted(view.tieBreaker)} ${direction}`;
  const selected = [...columns.values()].map(({ key, sql }) => `${sql} AS ${quoted(key)}`).join(', ');
  const where = conditions.length > 0 ? ` WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}` : '';
  return {
    sql: `SELECT ${view.columns.map(({ key }) => quoted(key)).join(', ')} FROM (SELECT ${selected} FROM ${view.from})${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
    // A negative limit is SQLite's word for none.
    values: [...conditions.flatMap(({ values }) => values), index.limit ?? -1, index.offset ?? 0],
  };
}

function parseFilters(filters: unknown) {
  const keys = typeof filters === 'object' && filters !== null ? Object.keys(filters) : [];
  const isOldForm = keys.length > 0 && keys.every((key) => key === 'include' || key === 'exclude');
  if (!isOldForm) return { include: parse(filterMapSchema, filters, 'filters'), exclude: {} };
  const { include = {}, exclude = {} } = parse(includeExcludeSchema, filters, 'filters');
  return { include, exclude };
}

function isAskedFor(leavesOut: LeavesOut, include: FilterMap, exclude: FilterMap): boolean {
  const { key, unless } = leavesOut;
  return Object.hasOwn(include, key) || (unless === 'filtered on' && Object.hasOwn(exclude, key));
}

/** One bound value however many there are: a statement takes 32,766 at most. An empty list matches nothing. */
function anyOf(column: Column, values: readonly z.infer<typeof scalarSchema>[]): Query {
  const { texts, hasNull } = comparable(column, values);
  const name = quoted(column.key);
  const orNull = hasNull ? ` OR ${name} IS NULL` : '';
  return { sql: `(${name} IN (SELECT value FROM json_each(?))${orNull})`, values: [JSON.stringify(texts)] };
}

function noneOf(column: Column, values: readonly z.infer<typeof scalarSchema>[]): Query {
  const { sql, values: bound } = anyOf(column, values);
  // Nothing is not equal to anything, so what has no value stays unless `null` is excluded too.
  return { sql: `coalesce(NOT ${sql}, TRUE)`, values: bound };
}

/** Values as the column's own kind; a number written as text is a number where the column has numbers. */
function comparable(column: Column, values: readonly z.infer<typeof scalarSchema>[]) {
  const converted = values.map((value): Scalar => {
    if (value === null) return null;
    const isNumeric = typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
    if (column.format === 'number' && isNumeric) return Number(value);
    if (column.format === 'date' && daySchema.safeParse(value).success) return String(value);
    if (column.format.startsWith('string') && typeof value === 'string') return value;
    throw unusable(
      `The column ${JSON.stringify(column.key)} holds ${kindOf(column)}, so it cannot be ${JSON.stringify(value)}.`,
    );
  });
  return { texts: converted.filter((value) => value !== null), hasNull: converted.includes(null) };
}

function kindOf({ format }: Column): string {
  if (format === 'number') return 'numbers';
  return format === 'date' ? 'dates (YYYY-MM-DD)' : 'texts';
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unusable(`${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'is not valid'}.`);
}

function unusable(message: string) {
  return refused(400, 'CouldNotConstructExportData', message);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
