import * as z from 'zod';
import type { Documents } from './documents.ts';
import { exportIdSchema } from './export-id.ts';
import { type ExportRequest, requestHash } from './export-request.ts';
import { requestKey } from './keys.ts';
import type { ReadRecord } from './read-record.ts';
import type { ExportRecord, VersionedRecord } from './record.ts';

/**
 * Which export was the last to ask for exactly this. A hint: an index that is lost, stale or wrong costs an export more, never
 * a wrong workbook. Fails with `store-failed`.
 */
export interface RequestIndex {
  newest(request: ExportRequest): Promise<NewestExport>;
  /** The last writer wins. */
  remember(record: Pick<ExportRecord, 'export_id' | 'request'>): Promise<void>;
  /**
   * Names an export that is about to be made, so that all who ask at once find one. `false` where the index is no longer what
   * `newest` read: whoever was faster is found by looking again.
   */
  reserve(request: ExportRequest, exportId: string, found: NewestExport): Promise<boolean>;
}

/** What the index says. Nothing where it is missing, broken or about another request. */
export interface NewestExport {
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
  return {
    newest: async (request) => {
      const hash = requestHash(request);
      const document = await documents.read(requestKey(hash));
      const exportId = entrySchema.safeParse(document?.value).data?.export_id;
      const version = exportId === undefined ? undefined : await readRecord(request.view_name, exportId);
      const isOfAnother = version !== undefined && requestHash(version.record.request) !== hash;
      const found = isOfAnother ? { exportId: undefined, version: undefined } : { exportId, version };
      return { etag: document?.etag, ...found };
    },
    remember: ({ request, export_id }) => documents.overwrite(requestKey(requestHash(request)), { export_id }),
    reserve: async (request, export_id, { etag }) => {
      const key = requestKey(requestHash(request));
      const written =
        etag === undefined
          ? await documents.create(key, { export_id })
          : await documents.replace(key, etag, { export_id });
      return written !== undefined;
    },
  };
}
