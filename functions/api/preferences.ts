/** What a caller would like, where we can do it (RFC 7240); everything else in `Prefer` is passed over. */
export interface Preferences {
  /** 202 at once, or after `waitSeconds` where both are given. */
  readonly respondsAsync: boolean;
  /** The longest that the caller would like to wait. */
  readonly waitSeconds: number | undefined;
}

// List members end at commas outside of quotes; of each one, the name and its value, a token or a quoted string.
const member = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g;
const preference = /^\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]*))\s*)?(?:;|$)/;

export function parsePreferences(header: string | undefined): Preferences {
  const given = new Map<string, string>();
  for (const text of header?.match(member) ?? []) {
    const [, name = '', quoted, plain] = preference.exec(text) ?? [];
    // Of a preference that is given twice the first one counts.
    const key = name.toLowerCase();
    if (!given.has(key)) given.set(key, quoted ?? plain ?? '');
  }
  const wait = given.get('wait');
  return {
    respondsAsync: given.has('respond-async'),
    waitSeconds: wait !== undefined && /^\d{1,9}$/.test(wait) ? Number(wait) : undefined,
  };
}
