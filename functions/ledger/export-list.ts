import type { Documents } from './documents.ts';
import { exportIdSchema } from './export-id.ts';
import { statusOf } from './export.ts';
import { recordKey, recordPrefix } from './keys.ts';
import type { ReadRecord } from './read-record.ts';
import type { ExportRecord } from './record.ts';

/** The exports of a view, newest first, since ids count down. Fails with `store-failed`. */
export interface ExportList {
  /** Up to `limit` records after the export `after`; `next` is the `after` of the next page, where there is one. */
  page(viewName: string, after: string | undefined, limit: number): Promise<ExportPage>;
  /** The newest that is ready and has not expired, of the newest hundred. */
  latest(viewName: string): Promise<ExportRecord | undefined>;
}

interface ExportPage {
  readonly records: readonly ExportRecord[];
  readonly next: string | undefined;
}

interface ExportListDependencies {
  readonly documents: Pick<Documents, 'list'>;
  readonly readRecord: ReadRecord;
  readonly now: () => number;
}

/** How many exports `latest` looks back. */
export const lookBack = 100;
export const readAtOnce = 20;

export function createExportList({ documents, readRecord, now }: ExportListDependencies): ExportList {
  async function idsOf(viewName: string, after: string | undefined, limit: number) {
    const prefix = recordPrefix(viewName);
    const { keys, hasMore } = await documents.list(prefix, after && recordKey(viewName, after), limit);
    const ids = keys.map((key) => exportIdSchema.parse(key.slice(prefix.length, -'.json'.length)));
    return { ids, hasMore };
  }

  /** In order; one that its lifecycle rule has just removed is left out. */
  async function* recordsOf(viewName: string, ids: readonly string[]): AsyncGenerator<ExportRecord> {
    for (let at = 0; at < ids.length; at += readAtOnce) {
      const batch = ids.slice(at, at + readAtOnce).map((id) => readRecord(viewName, id));
      for (const version of await Promise.all(batch)) if (version) yield version.record;
    }
  }

  return {
    page: async (viewName, after, limit) => {
      const { ids, hasMore } = await idsOf(viewName, after, limit);
      const records = await Array.fromAsync(recordsOf(viewName, ids));
      return { records, next: hasMore ? ids.at(-1) : undefined };
    },
    latest: async (viewName) => {
      const { ids } = await idsOf(viewName, undefined, lookBack);
      for await (const record of recordsOf(viewName, ids)) if (statusOf(record, now()) === 'ready') return record;
      return undefined;
    },
  };
}
