import { invalidRequest } from './invalid-request.ts';

// An RFC 9651 string: printable ASCII in quotes, in which a backslash stands before a quote or another backslash only.
const quotedForm = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
const plainForm = /^[ !#-~]*$/;

/** The key that `Idempotency-Key` names: a structured string as in the IETF draft, or the same without its quotes. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const quoted = quotedForm.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1');
  const key = quoted ?? (plainForm.test(text) ? text : undefined);
  if (key === undefined) {
    throw invalid('must be printable ASCII, in quotes or without any; in quotes, \\ stands before " or \\ only');
  }
  if (key.length < 1 || key.length > 255) throw invalid('must have 1 to 255 characters');
  return key;
}

function invalid(message: string): Error {
  return invalidRequest([{ path: 'header idempotency-key', message }]);
}
