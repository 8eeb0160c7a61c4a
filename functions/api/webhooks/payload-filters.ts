import type { Fault } from '../../ledger/failure.ts';
import { invalidRequest } from '../invalid-request.ts';

type Scalar = string | number | boolean;

/**
 * The filters whose values stand in the payload, by RFC 6901. Only what the payload itself holds is ever looked at, so
 * that no name leads to what objects and lists have by nature. Fails with `request-invalid`, all faults at once, naming what
 * was found by its kind.
 */
export function payloadFilters(
  payload: unknown,
  pointers: Readonly<Record<string, string>>,
): Readonly<Record<string, Scalar>> {
  const faults: Fault[] = [];
  const filters = Object.entries(pointers).flatMap(([column, pointer]) => {
    const value = valueAt(payload, pointer);
    if (isScalar(value)) return [[column, value] as const];
    faults.push({
      path: pointer,
      message: `must be text of at most ${longestText} characters, a number or a boolean for the filter ${column}; found ${kindOf(value)}`,
    });
    return [];
  });
  if (faults.length > 0) throw invalidRequest(faults);
  return Object.fromEntries(filters);
}

const longestText = 1_000;

/** A number that JSON's reader had to round would filter for another one. */
function isScalar(value: unknown): value is Scalar {
  if (typeof value === 'string') return value.length <= longestText;
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return typeof value === 'boolean';
}

function valueAt(payload: unknown, pointer: string): unknown {
  let value = payload;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null) return undefined;
    // A list's own `length` is none of its elements.
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(key)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `text of ${value.length} characters`;
  return typeof value === 'number' ? 'a number too large to be exact; send it as text' : 'an object';
}
