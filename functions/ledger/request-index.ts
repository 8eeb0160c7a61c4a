import * as z from 'zod';
import type { Documents } from './documents.ts';
import { exportIdSchema } from './export-id.ts';
import { type ExportRequest, requestHash } from './export-request.ts';
import { requestKey } from './keys.ts';
import type { ReadRecord } from './read-record.ts';
import type { ExportRecord } from './record.ts';

/**
 * Which export was the last to ask for exactly this. A hint: the last writer wins, and an index that is lost, stale or wrong
 * costs an export more, never a wrong workbook. Fails with `store-failed`.
 */
export interface RequestIndex {
  /** The record of that export, as it is now. */
  newest(request: ExportRequest): Promise<ExportRecord | undefined>;
  remember(record: Pick<ExportRecord, 'export_id' | 'request'>): Promise<void>;
}

interface RequestIndexDependencies {
  readonly documents: Pick<Documents, 'read' | 'overwrite'>;
  readonly readRecord: ReadRecord;
}

const entrySchema = z.object({ export_id: exportIdSchema });

export function createRequestIndex({ documents, readRecord }: RequestIndexDependencies): RequestIndex {
  return {
    newest: async (request) => {
      const hash = requestHash(request);
      const entry = entrySchema.safeParse((await documents.read(requestKey(hash)))?.value);
      if (!entry.success) return undefined;
      const found = await readRecord(request.view_name, entry.data.export_id);
      return found && requestHash(found.record.request) === hash ? found.record : undefined;
    },
    remember: ({ request, export_id }) => documents.overwrite(requestKey(requestHash(request)), { export_id }),
  };
}
