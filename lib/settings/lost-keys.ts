import type { SettingsFaultAt } from './faults.ts';

interface OpenValue {
  /** The keys that an object has had so far. */
  readonly keys: Set<string>;
  /** The key or the number of the item that is being read. */
  at: string | number;
}

// A key with its colon, any other text, or what opens, parts and closes.
const tokens = /(?<key>"[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/**
 * The keys of a JSON text that would be lost without a word: JSON's reader keeps the last of those that stand twice in an object, and
 * zod leaves `__proto__` out. The text is JSON already.
 */
export function lostKeys(json: string): readonly SettingsFaultAt[] {
  const faults: SettingsFaultAt[] = [];
  const open: OpenValue[] = [];
  for (const { 0: token, groups } of json.matchAll(tokens)) {
    const value = open.at(-1);
    if (groups?.['key'] !== undefined && value) {
      // However it is escaped, it is the same key.
      const key = String(JSON.parse(groups['key']));
      value.at = key;
      const message = value.keys.has(key) ? 'must not stand twice in an object' : faultOfName(key);
      if (message !== undefined) faults.push({ path: pathOf(open), message, given: 'given is this key' });
      value.keys.add(key);
    } else if (token === '{' || token === '[') {
      open.push({ keys: new Set(), at: token === '[' ? 0 : '' });
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ',' && value && typeof value.at === 'number') {
      value.at += 1;
    }
  }
  return faults;
}

function faultOfName(key: string): string | undefined {
  return key === '__proto__' ? 'must have another name' : undefined;
}

function pathOf(open: readonly OpenValue[]): string {
  return open.map(({ at }) => at).join('.');
}
