import type { CellValue } from 'hucre/xlsx';
import * as z from 'zod';

/** What a request may name as a value, and what the database holds. */
export type Scalar = string | number | boolean | null;
export type Stored = string | number;

/** How Knosc says a column's values are written (`data.headers[].format` of its lists); the last two are ours. */
export type ColumnFormat = 'string' | 'string-link' | 'number' | 'date' | 'datetime' | 'boolean';

/** What a kind of column means for filters and for the sheet. */
interface ColumnKindFacts {
  readonly format: ColumnFormat;
  /** What it holds, in words for a refusal. */
  readonly holds: string;
  /** A value of a filter as the database holds it; `undefined` where it is none of this kind. */
  readonly stored: (value: Exclude<Scalar, null>) => Stored | undefined;
  readonly cell: (value: Stored) => CellValue;
  /** How the sheet shows it (ECMA-376 part 1, 18.8.31). */
  readonly numberFormat?: string;
  /** In characters; the sheet's column is wider where its header is. */
  readonly width: number;
}

const daySchema = z.iso.date();
const momentSchema = z.iso.datetime({ offset: true });

const texts = {
  holds: 'texts',
  stored: (value) => (typeof value === 'string' ? value : undefined),
  cell: (value) => value,
} satisfies Partial<ColumnKindFacts>;

const numbers = {
  format: 'number',
  holds: 'numbers',
  // A number may be written as text: clients take filters from forms and from payloads of others.
  stored: (value) => {
    const isNumeric = typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
    return isNumeric ? Number(value) : undefined;
  },
  cell: (value) => value,
} satisfies Partial<ColumnKindFacts>;

export const columnKinds = {
  text: { ...texts, format: 'string', width: 20 },
  link: { ...texts, format: 'string-link', width: 18 },
  prose: { ...texts, format: 'string', width: 40 },
  id: { ...numbers, numberFormat: '0', width: 10 },
  quantity: { ...numbers, numberFormat: '#,##0', width: 12 },
  money: { ...numbers, numberFormat: '#,##0.00', width: 14 },
  measure: { ...numbers, width: 12 },
  date: {
    format: 'date',
    holds: 'dates (YYYY-MM-DD)',
    stored: (value) => (daySchema.safeParse(value).success ? String(value) : undefined),
    cell: (value) => new Date(`${value}T00:00:00Z`),
    numberFormat: 'yyyy-mm-dd',
    width: 12,
  },
  moment: {
    format: 'datetime',
    holds: 'moments (YYYY-MM-DDTHH:MM:SSZ)',
    stored: (value) => {
      const moment = momentSchema.safeParse(value);
      // One moment has many spellings; the database holds them in UTC, to the second.
      return moment.success ? new Date(moment.data).toISOString().replace('.000Z', 'Z') : undefined;
    },
    cell: (value) => new Date(value),
    numberFormat: 'yyyy-mm-dd hh:mm:ss',
    width: 20,
  },
  flag: {
    format: 'boolean',
    holds: 'booleans',
    stored: (value) => {
      if (typeof value === 'boolean') return Number(value);
      if (value === 'true' || value === 'false') return Number(value === 'true');
      return undefined;
    },
    cell: (value) => value === 1,
    width: 10,
  },
} as const satisfies Record<string, ColumnKindFacts>;

export type ColumnKind = keyof typeof columnKinds;

export function kindFacts(kind: ColumnKind): ColumnKindFacts {
  return columnKinds[kind];
}
