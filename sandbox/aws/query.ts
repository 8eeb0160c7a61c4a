import { AwsError } from './aws-error.ts';

/** Names and values, decoded, in the order they came in. */
export type QueryPairs = readonly (readonly [name: string, value: string])[];

/** The path and the query of a request's target, both as sent: signatures cover what was sent, not what it means. */
export function splitTarget(target = '/'): { readonly path: string; readonly query: QueryPairs } {
  const [path = '/', query = ''] = target.split(/\?(.*)/s);
  return { path, query: parseQuery(query) };
}

function parseQuery(query: string): QueryPairs {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
    });
}

/** Percent-decodes; unlike forms, AWS takes `+` for itself. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/** Percent-encodes as Signature Version 4 wants it: all but letters, digits and `-._~`. */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
