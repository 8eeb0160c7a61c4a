import type * as z from 'zod';
import { ExportFailure, type Fault } from '../ledger/failure.ts';
import { faultsOf } from '../ledger/problem.ts';

/** The failure of a request with these faults, all told at once. */
export function invalidRequest(errors: readonly Fault[]): ExportFailure {
  const words = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new ExportFailure('request-invalid', `The request is not valid. ${words}`, { errors });
}

/** Parameters of a query or path, parsed. A fault's path says where the parameter stands: `query limit`. */
export function parseParameters<S extends z.ZodObject>(
  schema: S,
  place: 'query' | 'path',
  parameters: Readonly<Record<string, string>>,
): z.output<S> {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  throw invalidRequest(faultsOf(parsed.error).map((fault) => ({ ...fault, path: `${place} ${fault.path}` })));
}
