import * as z from 'zod';
import type { Documents } from './documents.ts';
import { exportIdSchema } from './export-id.ts';
import { type ExportRequest, requestHash } from './export-request.ts';
import { heldKey, requestKey } from './keys.ts';
import type { ReadRecord } from './read-record.ts';
import type { ExportRecord, VersionedRecord } from './record.ts';

/**
 * Which export was the last to ask for exactly this, and which one a debounce holds back. A hint: an index that is lost, stale or
 * wrong costs an export more, never a wrong workbook. Fails with `store-failed`.
 */
export interface RequestIndex {
  newest(request: ExportRequest): Promise<IndexedExport>;
  /** The last writer wins. */
  remember(record: Pick<ExportRecord, 'export_id' | 'request'>): Promise<void>;
  /** The last that was reserved; it may have begun, or ended, since. */
  held(request: ExportRequest): Promise<IndexedExport>;
  /**
   * Names an export that is about to be made and held back, so that all who ask at once find one. `false` where the index is no
   * longer what `held` read: whoever was faster is found by looking again.
   */
  reserve(request: ExportRequest, exportId: string, found: IndexedExport): Promise<boolean>;
  /** Lets a reservation name another export than the one that it was made for; another's reservation is left alone. */
  passReservation(request: ExportRequest, fromExportId: string, toExportId: string): Promise<void>;
}

/** What the index says. Nothing where it is missing, broken or about another request. */
export interface IndexedExport {
  readonly etag: string | undefined;
  readonly exportId: string | undefined;
  /** As it is now; nothing where it is not made yet, or no more. */
  readonly version: VersionedRecord | undefined;
}

interface RequestIndexDependencies {
  readonly documents: Pick<Documents, 'read' | 'create' | 'replace' | 'overwrite'>;
  readonly readRecord: ReadRecord;
}

const entrySchema = z.object({ export_id: exportIdSchema });

export function createRequestIndex({ documents, readRecord }: RequestIndexDependencies): RequestIndex {
  async function entryAt(key: string): Promise<Omit<IndexedExport, 'version'>> {
    const document = await documents.read(key);
    return { etag: document?.etag, exportId: entrySchema.safeParse(document?.value).data?.export_id };
  }

  async function look(request: ExportRequest, hash: string, key: string): Promise<IndexedExport> {
    const { etag, exportId } = await entryAt(key);
    const version = exportId === undefined ? undefined : await readRecord(request.view_name, exportId);
    const isOfAnother = version !== undefined && requestHash(version.record.request) !== hash;
    return isOfAnother ? { etag, exportId: undefined, version: undefined } : { etag, exportId, version };
  }

  return {
    newest: async (request) => {
      const hash = requestHash(request);
      return look(request, hash, requestKey(hash));
    },
    remember: ({ request, export_id }) => documents.overwrite(requestKey(requestHash(request)), { export_id }),
    held: async (request) => {
      const hash = requestHash(request);
      return look(request, hash, heldKey(hash));
    },
    reserve: async (request, export_id, { etag }) => {
      const key = heldKey(requestHash(request));
      const written =
        etag === undefined
          ? await documents.create(key, { export_id })
          : await documents.replace(key, etag, { export_id });
      return written !== undefined;
    },
    passReservation: async (request, fromExportId, toExportId) => {
      const key = heldKey(requestHash(request));
      const { etag, exportId } = await entryAt(key);
      if (etag === undefined || exportId !== fromExportId) return;
      await documents.replace(key, etag, { export_id: toExportId });
    },
  };
}
