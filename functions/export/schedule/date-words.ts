/** The days that a filter of a schedule may name, relative to its fire time. */
export const dateWords = [
  'today',
  'yesterday',
  'tomorrow',
  'week_start',
  'week_end',
  'month_start',
  'month_end',
  'quarter_start',
  'quarter_end',
  'year_start',
  'year_end',
] as const;
export type DateWord = (typeof dateWords)[number];

/** So many days, weeks, months or years later, or earlier where negative. */
export interface Offset {
  readonly count: number;
  readonly unit: 'days' | 'weeks' | 'months' | 'years';
}

/** A part of a text: itself, a relative date, or what is neither. */
export type Piece =
  | { readonly text: string }
  | { readonly word: DateWord; readonly offsets: readonly Offset[]; readonly written: string }
  | { readonly fault: string };

const units = { d: 'days', w: 'weeks', mo: 'months', y: 'years' } as const satisfies Record<string, Offset['unit']>;

// An escaped brace, what stands in braces, a brace that stands alone, or text without any.
const pieces = /\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g;
const relativeDate = /^\{(?<word>[a-z_]+)(?<offsets>([+-]\d{1,4}(d|w|mo|y)){0,3})\}$/;

/** Takes a text apart: `{word}` or `{word-7d}` is a date, `{{` and `}}` are the braces themselves. */
export function piecesOf(text: string): readonly Piece[] {
  return Array.from(text.matchAll(pieces), ([piece]) => pieceOf(piece));
}

function pieceOf(piece: string): Piece {
  if (piece === '{{' || piece === '}}') return { text: piece.slice(1) };
  if (!piece.startsWith('{') && piece !== '}') return { text: piece };
  const { word = '', offsets = '' } = relativeDate.exec(piece)?.groups ?? {};
  return isDateWord(word) ? { word, offsets: offsetsOf(offsets), written: piece } : { fault: piece };
}

function isDateWord(text: string): text is DateWord {
  return dateWords.some((word) => word === text);
}

function offsetsOf(text: string): Offset[] {
  return Array.from(text.matchAll(/([+-]\d+)(mo|d|w|y)/g), ([, count, unit = '']) => ({
    count: Number(count),
    unit: isUnit(unit) ? units[unit] : 'days',
  }));
}

function isUnit(text: string): text is keyof typeof units {
  return Object.hasOwn(units, text);
}
