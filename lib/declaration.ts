import * as z from 'zod';

/** Parses what a construct was given; the error tells all faults at once, each with its path. */
export function parseDeclaration<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new Error(`${what} cannot be used: ${faults.join('; ')}; given is ${JSON.stringify(given)}`);
}
