import { isDeepStrictEqual } from 'node:util';
import type { Documents } from '../../functions/ledger/documents.ts';
import { workbookKey } from '../../functions/ledger/keys.ts';
import { messageRetentionSeconds } from '../../functions/ledger/read-record.ts';
import { type ExportRecord, isTerminal, recordSchema } from '../../functions/ledger/record.ts';
import type { Machine } from './machine.ts';

/** S3 as the ledger uses it. Every change of a record is held against what may follow what, as it is written. */
export interface Bucket {
  documentsFor(machine: Machine): Documents;
  readonly putWorkbook: (key: string) => void;
  readonly removeWorkbook: (key: string) => void;
  readonly removeUnnamed: (record: ExportRecord) => void;
  /** Every workbook that lies there, and whether it was put there while its export had not ended. */
  readonly workbooks: ReadonlyMap<string, { readonly isInTime: boolean }>;
  /** When an export ended, by S3's clock; `undefined` for one that has not. */
  endedAtMs(exportId: string): number | undefined;
  /** Every record, as it is now. */
  records(): readonly ExportRecord[];
  /** The keys of workbooks that a record of this export ever named. */
  namedBy(exportId: string): ReadonlySet<string>;
}

const mayFollow: Readonly<Record<ExportRecord['status'], readonly ExportRecord['status'][]>> = {
  // To itself where a webhook joins.
  queued: ['queued', 'running', 'failed', 'cancelled'],
  running: ['running', 'ready', 'failed', 'cancelled'],
  ready: ['deleted'],
  failed: [],
  cancelled: [],
  deleted: [],
};

/** No clock of a machine is further off than this. */
export const greatestSkewMs = 3_600_000;

export function createBucket(now: () => number): Bucket {
  const documents = new Map<string, { etag: string; text: string }>();
  const workbooks = new Map<string, { isInTime: boolean }>();
  const ends = new Map<string, number>();
  const named = new Map<string, Set<string>>();
  let lastEtag = 0;

  function write(key: string, value: unknown): string {
    const text = JSON.stringify(value);
    if (key.startsWith('exports/')) judge(documents.get(key)?.text, recordSchema.parse(JSON.parse(text)));
    const etag = `etag-${(lastEtag += 1)}`;
    documents.set(key, { etag, text });
    return etag;
  }

  function judge(before: string | undefined, after: ExportRecord): void {
    const earlier = before === undefined ? undefined : recordSchema.parse(JSON.parse(before));
    if (earlier && !mayFollow[earlier.status].includes(after.status)) {
      throw new BrokenPromise(`${after.export_id} went from ${earlier.status} to ${after.status}`);
    }
    if (earlier && after.revision !== earlier.revision + 1) throw new BrokenPromise('a revision was skipped');
    if (earlier?.status === 'running' && after.status === 'running' && earlier.lease.owner !== after.lease.owner) {
      if (Date.parse(earlier.lease.until) > now()) throw new BrokenPromise('a live lease was taken');
    }
    if (earlier && after.status === 'queued' && !isDeepStrictEqual(factsOf(earlier), factsOf(after))) {
      throw new BrokenPromise('a join changed what it joined');
    }
    if (after.status === 'failed' && after.problem.code === 'export-abandoned') requireAbandoned(after);
    if (isTerminal(after) && !ends.has(after.export_id)) ends.set(after.export_id, now());
    if (after.status !== 'ready') return;
    const { key } = after.workbook;
    if (!workbooks.has(key)) throw new BrokenPromise(`${after.export_id} is ready without its workbook`);
    named.set(after.export_id, new Set([...(named.get(after.export_id) ?? []), key]));
  }

  function requireAbandoned({ export_id, attempts, created_at }: ExportRecord): void {
    const keptUntilMs = Date.parse(created_at) + messageRetentionSeconds * 1000 - 2 * greatestSkewMs;
    if (attempts < 3 && now() < keptUntilMs) throw new BrokenPromise(`${export_id} was abandoned too soon`);
  }

  const remove = (key: string) => void workbooks.delete(key);

  return {
    documentsFor: (machine) => ({
      read: (key) =>
        machine.call(() => {
          const found = documents.get(key);
          return found && { etag: found.etag, value: JSON.parse(found.text) };
        }),
      create: (key, value) => machine.call(() => (documents.has(key) ? undefined : write(key, value))),
      replace: (key, etag, value) =>
        machine.call(() => (documents.get(key)?.etag === etag ? write(key, value) : undefined)),
      overwrite: (key, value) => machine.call(() => void write(key, value)),
      list: () => Promise.reject(new Error('no list in this world')),
    }),
    putWorkbook: (key) => void workbooks.set(key, { isInTime: !ends.has(key.split('/')[2] ?? '') }),
    removeWorkbook: remove,
    removeUnnamed: (record) => {
      for (let attempt = 1; attempt <= record.attempts; attempt += 1) {
        const key = workbookKey(record.view_name, record.export_id, attempt);
        if (record.status !== 'ready' || record.workbook.key !== key) remove(key);
      }
    },
    workbooks,
    endedAtMs: (exportId) => ends.get(exportId),
    records: () =>
      [...documents].flatMap(([key, { text }]) =>
        key.startsWith('exports/') ? [recordSchema.parse(JSON.parse(text))] : [],
      ),
    namedBy: (exportId) => named.get(exportId) ?? new Set(),
  };
}

function factsOf({ revision: _revision, writer: _writer, ...facts }: ExportRecord) {
  return facts;
}

/** What must never happen has happened. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}
