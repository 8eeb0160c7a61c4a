import * as z from 'zod';
import { kindFacts, type Scalar, type Stored } from './column-kinds.ts';
import { unusable } from './knosc-error.ts';
import type { Column } from './views/view.ts';

/** An SQL condition or statement with its values beside it. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly Stored[];
}

/** Values by column key: a row is included where each column has one of its values, excluded where any has. */
export interface Filters {
  readonly include: FilterMap;
  readonly exclude: FilterMap;
}

export type FilterMap = Readonly<Record<string, readonly Scalar[]>>;

const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const valuesSchema = z.union([scalarSchema.transform((value) => [value]), z.array(scalarSchema)], {
  error: 'is no text, number, boolean or null, and no list of them; ranges and patterns are not taken',
});
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

/** Both forms of Knosc's pages: the flat map of today and `include`/`exclude` of the older ones. Throws 400. */
export function parseFilters(filters: unknown): Filters {
  const keys = typeof filters === 'object' && filters !== null ? Object.keys(filters) : [];
  const isOldForm = keys.some((key) => key === 'include' || key === 'exclude');
  if (!isOldForm) return { include: parse(filterMapSchema, filters, 'filters'), exclude: {} };
  const { include = {}, exclude = {} } = parse(includeExcludeSchema, filters, 'filters');
  return { include, exclude };
}

/** One bound value however many there are: a statement takes 32,766 at most. An empty list matches nothing. */
export function isAnyOf(column: Column, expression: string, values: readonly Scalar[]): Sql {
  const stored = values.map((value) => (value === null ? null : storedValue(column, value)));
  const orNull = stored.includes(null) ? ` OR ${expression} IS NULL` : '';
  return {
    sql: `(${expression} IN (SELECT value FROM json_each(?))${orNull})`,
    values: [JSON.stringify(stored.filter((value) => value !== null))],
  };
}

/** Nothing is not equal to anything, so what has no value stays unless `null` is excluded too. */
export function isNoneOf(column: Column, expression: string, values: readonly Scalar[]): Sql {
  const any = isAnyOf(column, expression, values);
  return { sql: `coalesce(NOT ${any.sql}, TRUE)`, values: any.values };
}

function storedValue({ key, kind }: Column, value: Exclude<Scalar, null>): Stored {
  const { stored, holds } = kindFacts(kind);
  const found = stored(value);
  if (found !== undefined) return found;
  throw unusable(`The column ${JSON.stringify(key)} holds ${holds}, so it cannot be ${JSON.stringify(value)}.`);
}

/** Throws 400, naming the path of the first fault. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unusable(`${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'is not valid'}.`);
}
