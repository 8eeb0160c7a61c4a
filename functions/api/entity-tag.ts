import { statusOf } from '../ledger/export.ts';
import type { ExportRecord } from '../ledger/record.ts';

/**
 * An export's entity tag (RFC 9110, 8.8.3). Weak, since each answer of a ready export holds a fresh link; another one for every
 * change of the record, and when a ready export expires. It names the export, as `latest` may be another one tomorrow.
 */
export function entityTag(record: ExportRecord, nowMs: number): string {
  return `W/"${record.export_id}-${record.revision}-${statusOf(record, nowMs)}"`;
}

/** Whether `If-None-Match` names this tag, by weak comparison (RFC 9110, 13.1.2). */
export function isNamed(tag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaqueTag = tag.replace(/^W\//, '');
  return [...ifNoneMatch.matchAll(/"[^"]*"/g)].some(([given]) => given === opaqueTag);
}
