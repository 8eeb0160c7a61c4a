import type * as z from 'zod';
import { parseWithFaults, wholePath } from './settings/faults.ts';

/** Parses what a construct was given; the error tells all faults at once, each with its path and what was given, but no secret. */
export function parseDeclaration<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  what: string,
): z.output<Schema> {
  const parsed = parseWithFaults(schema, given);
  if ('value' in parsed) return parsed.value;
  const faults = parsed.faults.map(({ path, message, given: words }) =>
    path === wholePath ? `${message}; ${words}` : `${path}: ${message}; ${words}`,
  );
  throw new Error(`${what} cannot be used: ${faults.join('; and ')}`);
}
