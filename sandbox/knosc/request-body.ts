import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type * as z from 'zod';
import { refused } from './knosc-error.ts';

/** The body as JSON of the schema's shape. Throws 400 `JSON.Invalid` for anything else. */
export async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parseJson(await text(request)));
  if (parsed.success) return parsed.data;
  throw malformed();
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw malformed();
  }
}

function malformed() {
  return refused(400, 'JSON.Invalid', 'Bad Request Format');
}
