import type { NoteEnd } from './note-end.ts';
import { type ExportRecord, isTerminal, type LiveRecord, type Records, type VersionedRecord } from './record.ts';
import { abandoned } from './transitions.ts';

/**
 * Reads a record for who wants to know of an export. One that nothing will end any more, since its message is no longer kept,
 * is `failed` with `export-abandoned` from then on. Fails with `store-failed`.
 */
export type ReadRecord = (viewName: string, exportId: string) => Promise<VersionedRecord | undefined>;

interface ReadRecordDependencies {
  readonly records: Pick<Records, 'read' | 'replace'>;
  readonly noteEnd: NoteEnd;
  readonly now: () => number;
}

/** How long queue and dead-letter queue keep a message, in all. */
export const messageRetentionSeconds = 345_600;

export function createReadRecord({ records, noteEnd, now }: ReadRecordDependencies): ReadRecord {
  return async (viewName, exportId) => {
    const version = await records.read(viewName, exportId);
    if (!version || !isAbandoned(version.record, now())) return version;
    const written = await records.replace(version, abandoned(version.record, now()));
    // No event: whoever looks learns it here, and reading must not depend on a bus.
    if (written.isOurs && isTerminal(written.record)) noteEnd(written.record);
    return written;
  };
}

/** A run that took its message up at the last moment still holds its lease, and may end well. */
function isAbandoned(record: ExportRecord, nowMs: number): record is LiveRecord {
  if (isTerminal(record)) return false;
  const keptUntilMs = Date.parse(record.created_at) + messageRetentionSeconds * 1000;
  const runsUntilMs = record.status === 'running' ? Date.parse(record.lease.until) : 0;
  return nowMs > Math.max(keptUntilMs, runsUntilMs);
}
