import type { ExportRequest } from '../../ledger/export-request.ts';
import { ExportFailure, type Fault } from '../../ledger/failure.ts';
import type { Calendar } from './calendar.ts';
import { dateWords, type Piece, piecesOf } from './date-words.ts';

type Filters = NonNullable<ExportRequest['filters']>;

/** The moment that dates are relative to, and the zone whose day it is. */
interface FireTime {
  readonly fire_time: string;
  readonly time_zone: string;
}

/**
 * The filters with each `{today-7d}` in a text replaced by its date, `YYYY-MM-DD`, in the zone at the fire time; the very object
 * where no text has a brace. The same fire time gives the same filters, whenever this runs. Fails with `request-invalid`.
 */
export async function resolveRelativeDates(filters: Filters, { fire_time, time_zone }: FireTime): Promise<Filters> {
  if (!hasBrace(filters)) return filters;
  const errors = faultsInRelativeDates(filters).map(({ path, message }) => ({
    path: ['filters', ...path].join('.'),
    message,
  }));
  if (errors.length > 0) throw invalid('The filters have relative dates that are not known.', errors);
  // Most exports have no such date, so that only these pay for the calendar.
  const { calendarAt } = await import('./calendar.ts');
  const calendar = calendarAt(fire_time, time_zone);
  if (!calendar) {
    const message = `must be an IANA time zone; given is ${JSON.stringify(time_zone)}`;
    throw invalid('The time zone of the schedule is not known.', [{ path: 'time_zone', message }]);
  }
  const resolved = mapTexts(filters, (text) => resolveText(text, calendar));
  return isFilters(resolved) ? resolved : filters;
}

interface FaultIn {
  readonly path: readonly string[];
  readonly message: string;
}

/**
 * What is wrong with the relative dates of filters: where, and what is allowed. One that a calendar puts outside of the years
 * that can be written is a fault too.
 */
export function faultsInRelativeDates(filters: Filters, calendars: readonly Calendar[] = []): readonly FaultIn[] {
  return textsIn(filters, []).flatMap(({ path, text }) =>
    piecesOf(text)
      .flatMap((piece) => faultsOf(piece, calendars))
      .map((message) => ({ path, message })),
  );
}

/** The relative dates of filters as they are written, and where. */
export function relativeDatesIn(filters: Filters): readonly { path: readonly string[]; written: string }[] {
  return textsIn(filters, []).flatMap(({ path, text }) =>
    piecesOf(text).flatMap((piece) => ('word' in piece ? [{ path, written: piece.written }] : [])),
  );
}

function faultsOf(piece: Piece, calendars: readonly Calendar[]): readonly string[] {
  if ('fault' in piece) return [faultWords(piece.fault)];
  if ('text' in piece) return [];
  const dates = calendars.map((calendar) => calendar(piece.word, piece.offsets));
  const unwritable = dates.find((date) => !isWritable(date));
  return unwritable === undefined ? [] : [`${piece.written} may be ${unwritable}, outside of the years 0 to 9999`];
}

/** `YYYY-MM-DD`: years before 0 and after 9999 have a sign and six digits. */
function isWritable(date: string): boolean {
  return /^\d{4}-/.test(date);
}

function faultWords(piece: string): string {
  const what = piece.length > 1 ? `${piece} is no relative date` : `a single ${piece} is no relative date`;
  return `${what}; dates are {WORD} or {WORD-7d}, with up to three of + or -, a number of at most four digits, and d, w, mo or y; WORD is one of ${dateWords.join(', ')}; a brace itself is {{ or }}`;
}

function invalid(message: string, errors: readonly Fault[]): ExportFailure {
  return new ExportFailure('request-invalid', `${message} Mend the settings, and deploy them again.`, { errors });
}

function resolveText(text: string, calendar: Calendar): string {
  return piecesOf(text)
    .map((piece) => resolvePiece(piece, calendar))
    .join('');
}

function resolvePiece(piece: Piece, calendar: Calendar): string {
  if ('text' in piece) return piece.text;
  if ('fault' in piece) return piece.fault;
  const date = calendar(piece.word, piece.offsets);
  if (isWritable(date)) return date;
  throw invalid(`A relative date is ${date}, outside of the years 0 to 9999.`, []);
}

interface TextAt {
  readonly path: readonly string[];
  readonly text: string;
}

/** Every text that is a value: names of columns are left alone. */
function textsIn(value: unknown, path: readonly string[]): readonly TextAt[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, key]));
}

function hasBrace(filters: Filters): boolean {
  return textsIn(filters, []).some(({ text }) => /[{}]/.test(text));
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, map));
  if (!isFilters(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, map)]));
}

function isFilters(value: unknown): value is Filters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
