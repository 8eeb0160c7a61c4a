import type { NoteEnd } from './note-end.ts';
import type { ReadRecord } from './read-record.ts';
import { type ExportRecord, isTerminal, type NewRecord, type Records } from './record.ts';
import { cancelled, deleted } from './transitions.ts';
import type { RemoveWorkbooks } from './workbooks.ts';

/**
 * Cancels an export that has not ended, for all who joined it; deletes the workbook of one that is ready. Any other export
 * stays what it is. Repeated, it deletes again what may have been left, and answers the same. `undefined` where there is no
 * such export. Fails with `store-failed`.
 */
export type EndExport = (viewName: string, exportId: string) => Promise<ExportRecord | undefined>;

interface EndExportDependencies {
  readonly readRecord: ReadRecord;
  readonly records: Pick<Records, 'replace'>;
  readonly removeWorkbooks: RemoveWorkbooks;
  readonly noteEnd: NoteEnd;
  readonly now: () => number;
}

export function createEndExport({
  readRecord,
  records,
  removeWorkbooks,
  noteEnd,
  now,
}: EndExportDependencies): EndExport {
  return async (viewName, exportId) => {
    for (;;) {
      const version = await readRecord(viewName, exportId);
      if (version === undefined) return undefined;
      const next = endOf(version.record, now());
      const written = next ? await records.replace(version, next) : { ...version, isOurs: true };
      // Whoever was faster may have published or begun the run: what is to be done follows from what they wrote.
      if (!written.isOurs) continue;
      if (next && isTerminal(written.record)) noteEnd(written.record);
      await removeWorkbooks(written.record);
      return written.record;
    }
  };
}

/** `undefined` for what stays as it is. */
function endOf(record: ExportRecord, nowMs: number): NewRecord | undefined {
  switch (record.status) {
    case 'queued':
    case 'running':
      return cancelled(record, nowMs);
    case 'ready':
      return deleted(record, nowMs);
    case 'failed':
    case 'cancelled':
    case 'deleted':
      return undefined;
  }
}
