import * as z from 'zod';
import { exportIdSchema } from '../ledger/export-id.ts';
import { viewNameSchema } from '../ledger/export-request.ts';

/** Parameters of paths and queries; the OpenAPI document is made from the same schemas. */
export const waitQuerySchema = z.object({ wait: wholeNumber(0, 25, 'of seconds ').optional() });

export const listPathSchema = z.object({ view_name: viewNameSchema });
export const listQuerySchema = z.object({
  limit: wholeNumber(1, 100).default(50),
  cursor: z.string().transform(decodeCursor).pipe(exportIdSchema).optional(),
});

function wholeNumber(least: number, most: number, what = '') {
  const message = `must be a whole number ${what}from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,3}$/, message)
    .transform(Number)
    .pipe(z.int().min(least, message).max(most, message));
}

/** A cursor is the id of the last export told; it is nobody's business but ours, and looks so. */
export function encodeCursor(exportId: string): string {
  return Buffer.from(exportId).toString('base64url');
}

function decodeCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}
