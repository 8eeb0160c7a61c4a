import { UsageError } from './usage-error.ts';
import { wholeNumber } from './whole-number.ts';

/** An export request as a command line can say it. */
export interface OptionsRequest {
  readonly view_name: string;
  readonly filters?: Readonly<Record<string, string | readonly string[]>>;
  readonly sort?: { readonly key: string; readonly type: string };
  readonly index?: { readonly limit?: number; readonly offset?: number };
}

/** The options of an export request, for `parseArgs`. */
export const exportRequestOptions = {
  filter: { type: 'string', multiple: true },
  sort: { type: 'string' },
  limit: { type: 'string' },
  offset: { type: 'string' },
} as const;

interface ExportRequestValues {
  readonly filter?: readonly string[] | undefined;
  readonly sort?: string | undefined;
  readonly limit?: string | undefined;
  readonly offset?: string | undefined;
}

/** The request that the options ask for; what they leave out is left out of it. Throws `UsageError`. */
export function parseExportRequest(viewName: string, values: ExportRequestValues): OptionsRequest {
  const limit = wholeNumber('--limit', values.limit, 1);
  const offset = wholeNumber('--offset', values.offset, 0);
  const index = { ...(limit !== undefined && { limit }), ...(offset !== undefined && { offset }) };
  return {
    view_name: viewName,
    ...(values.filter && { filters: parseFilters(values.filter) }),
    ...(values.sort !== undefined && { sort: parseSort(values.sort) }),
    ...(Object.keys(index).length > 0 && { index }),
  };
}

/** `name` is what the command line calls it. */
export function parseViewName(name: string, text: string): string {
  if (/^[a-z0-9_]{1,100}$/.test(text)) return text;
  throw new UsageError(`${name} is ${JSON.stringify(text)}; view names look like purchase_order_list (a-z, 0-9, _).`);
}

function parseFilters(texts: readonly string[]): Readonly<Record<string, string | readonly string[]>> {
  const columns = new Map<string, string[]>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--filter is ${JSON.stringify(text)}; give 'COLUMN=VALUE'.`);
    const column = text.slice(0, at);
    columns.set(column, [...(columns.get(column) ?? []), text.slice(at + 1)]);
  }
  return Object.fromEntries(
    [...columns].map(([column, [first = '', ...more]]) => [column, more.length ? [first, ...more] : first]),
  );
}

function parseSort(text: string): { key: string; type: string } {
  const [, key, type] = /^(.+):(Ascending|Descending)$/.exec(text) ?? [];
  if (key !== undefined && type !== undefined) return { key, type };
  throw new UsageError(`--sort is ${JSON.stringify(text)}; give 'COLUMN:Ascending' or 'COLUMN:Descending'.`);
}
