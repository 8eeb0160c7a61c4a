import { decodeTime, TIME_MAX, ulid } from 'ulid';
import * as z from 'zod';

/** 26 characters of Crockford's base 32. */
export const exportIdSchema = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'must be the id of an export');

/** A ULID counted down, so that S3 lists the newest export of a view first. */
export function newExportId(nowMs: number): string {
  return ulid(TIME_MAX - nowMs);
}

/** When the id was made, in milliseconds by the clock of who made it. */
export function madeAtMs(exportId: string): number {
  return TIME_MAX - decodeTime(exportId);
}
