import leven from 'leven';
import * as z from 'zod';

/** One fault of the settings: where, what is allowed there, and what was given, in words. */
export interface SettingsFaultAt {
  readonly path: string;
  readonly message: string;
  readonly given: string;
}

/** The value by its schema, or every fault of it. Nothing that may be a secret is told: no unknown key's value, no `secret`. */
export function parseWithFaults<S extends z.core.$ZodType>(
  schema: S,
  given: unknown,
): { readonly value: z.output<S> } | { readonly faults: readonly SettingsFaultAt[] } {
  // Only the map of errors is told which schema an issue comes from.
  const schemaAt = new Map<string, unknown>();
  const parsed = z.safeParse(schema, given, {
    error: (issue) => {
      schemaAt.set(pathWords(issue.path ?? []), issue.inst);
      return allowedWords(issue);
    },
  });
  if (parsed.success) return { value: parsed.data };
  return { faults: parsed.error.issues.flatMap((issue) => faultsOf(issue, given, schemaAt)) };
}

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

function faultsOf(issue: Issue, given: unknown, schemaAt: ReadonlyMap<string, unknown>): readonly SettingsFaultAt[] {
  const path = pathWords(issue.path);
  const schema = schemaAt.get(path);
  if (issue.code === 'unrecognized_keys') {
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    return issue.keys.map((key) => ({
      path: pathWords([...issue.path, key]),
      message: unknownKeyWords(key, known),
      given: 'given is this key',
    }));
  }
  if (issue.code === 'invalid_key') {
    const name = JSON.stringify(issue.path.at(-1));
    const ofName = issue.issues.map(({ message }) => ({ path, message, given: `given is ${name}` }));
    return schema instanceof z.ZodRecord
      ? [...ofName, ...faultsUnder(path, schema.valueType, given, issue.path)]
      : ofName;
  }
  return [{ path, message: issue.message, given: givenWords(given, issue.path) }];
}

/** zod does not look at what a wrong name stands for. */
function faultsUnder(
  path: string,
  schema: z.core.$ZodType,
  given: unknown,
  keys: readonly PropertyKey[],
): readonly SettingsFaultAt[] {
  const parsed = parseWithFaults(schema, keys.reduce<unknown>(valueAt, given));
  if ('value' in parsed) return [];
  return parsed.faults.map((fault) => ({ ...fault, path: fault.path === wholePath ? path : `${path}.${fault.path}` }));
}

function unknownKeyWords(key: string, known: readonly string[]): string {
  const [nearest] = known.toSorted((a, b) => leven(a, key) - leven(b, key));
  const isNear = nearest !== undefined && leven(nearest, key) <= Math.max(2, key.length / 3);
  return `is not a key here${isNear ? `, perhaps ${nearest} is meant` : ''}; keys are ${known.join(', ')}`;
}

/** The path of what was given as a whole. */
export const wholePath = 'the whole';

const articles: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What may stand there, where the schema has no words of its own. */
function allowedWords(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${articles[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${choice(issue.values)}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? `must be ${choice(issue.options)}` : undefined;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return `must ${sizeWords(issue.origin)} at least ${issue.minimum}${unitWords(issue.origin)}`;
    case 'too_big':
      return `must ${sizeWords(issue.origin)} at most ${issue.maximum}${unitWords(issue.origin)}`;
    case 'invalid_format':
      return issue.format === 'datetime' ? 'must be a moment in UTC, such as 2026-11-27T06:00:00Z' : undefined;
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'custom':
      return undefined;
  }
}

function choice(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length > 1 ? `one of ${words.join(', ')}` : words.join();
}

function sizeWords(origin: string): string {
  return origin === 'string' || origin === 'array' ? 'have' : 'be';
}

function unitWords(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' items' : '';
}

function pathWords(path: readonly PropertyKey[]): string {
  return path.map(String).join('.') || wholePath;
}

function givenWords(given: unknown, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>(valueAt, given);
  if (value === undefined) return 'nothing is given';
  // Whoever writes the secret itself where its name belongs shall not find it in a log.
  if (path.includes('secret')) return 'what is given is not shown';
  const shown = JSON.stringify(value, (key, inner: unknown) => (key === 'secret' ? '…' : inner));
  const text = shown.replaceAll(/whsec_[^"]*/g, '…');
  return `given is ${text.length > 100 ? `${text.slice(0, 100)}…` : text}`;
}

function valueAt(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.entries(value).find(([name]) => name === String(key))?.[1];
}
