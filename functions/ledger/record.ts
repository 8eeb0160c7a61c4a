import * as z from 'zod';
import type { ConditionalDocuments } from './documents.ts';
import { exportIdSchema } from './export-id.ts';
import { deliverySchema, exportRequestSchema, viewNameSchema } from './export-request.ts';
import { problemSchema } from './problem.ts';
import { recordKey } from './keys.ts';
import { triggerSchema } from './trigger.ts';

/** Milliseconds; `queue` from creation to the attempt's start, `total` from the attempt's start to its end. */
const timingsSchema = z.object({
  queue: z.int(),
  login: z.int(),
  origin_first_byte: z.int(),
  transfer: z.int(),
  total: z.int(),
});

const workbookSchema = z.object({
  key: z.string(),
  file_name: z.string(),
  bytes: z.int(),
  /** Hex, of the file. */
  sha256: z.string(),
  /** Hex; equal for workbooks with the same parts, whatever their timestamps and properties. */
  content_hash: z.string(),
  coverage: z.enum(['whole', 'page', 'unknown']),
  /** `rows` counts those under the header row, whose texts `columns` are; absent where the header row was too long to keep. */
  sheets: z.array(z.object({ name: z.string(), rows: z.int(), columns: z.array(z.string()).optional() })),
});

const commonFields = {
  /** Grows with every change; `writer` is the nonce of the change, by which a writer whose answer was lost knows its own. */
  revision: z.int(),
  writer: z.string(),
  export_id: exportIdSchema,
  view_name: viewNameSchema,
  attempts: z.int(),
  trigger: triggerSchema,
  request: exportRequestSchema,
  delivery: deliverySchema,
  created_at: z.iso.datetime(),
};

const readyFields = {
  /** When the run began that this workbook is of: no row in it is older. */
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  workbook: workbookSchema,
  timings_ms: timingsSchema,
};

/** The JSON document in S3 that says what is known of an export; the only truth about it. */
export const recordSchema = z.discriminatedUnion('status', [
  z.object({
    ...commonFields,
    status: z.literal('queued'),
    /** Where a webhook's `debounce_s` holds it back: nobody else waits for it until then. */
    not_before: z.iso.datetime().optional(),
  }),
  z.object({
    ...commonFields,
    status: z.literal('running'),
    started_at: z.iso.datetime(),
    /** Judged by S3's clock, which is the same for all who may hold it. */
    lease: z.object({ owner: z.string(), until: z.iso.datetime() }),
    /** Of the workbook, as the last heartbeat told them. */
    bytes_so_far: z.int(),
  }),
  z.object({
    ...commonFields,
    status: z.literal('ready'),
    ...readyFields,
  }),
  z.object({
    ...commonFields,
    status: z.literal('failed'),
    finished_at: z.iso.datetime(),
    problem: problemSchema,
  }),
  z.object({ ...commonFields, status: z.literal('cancelled'), finished_at: z.iso.datetime() }),
  /** Was ready; what its workbook was is still told, but nothing links to it. */
  z.object({ ...commonFields, status: z.literal('deleted'), ...readyFields, deleted_at: z.iso.datetime() }),
]);

export type ExportRecord = z.infer<typeof recordSchema>;
export type QueuedRecord = Extract<ExportRecord, { status: 'queued' }>;
export type RunningRecord = Extract<ExportRecord, { status: 'running' }>;
export type ReadyRecord = Extract<ExportRecord, { status: 'ready' }>;
export type FailedRecord = Extract<ExportRecord, { status: 'failed' }>;
export type Timings = z.infer<typeof timingsSchema>;
export type WorkbookFacts = z.infer<typeof workbookSchema>;

/** A record as it was read or written, with what the next conditional write needs. */
export interface VersionedRecord<R extends ExportRecord = ExportRecord> {
  readonly etag: string;
  readonly record: R;
}

/** A record's content before it is written: revision and writer are the ledger's business. */
export type NewRecord<R extends ExportRecord = ExportRecord> = R extends ExportRecord
  ? Omit<R, 'revision' | 'writer'>
  : never;

/** Reads and conditional writes of records. Fails with `store-failed`. */
export interface Records {
  read(viewName: string, exportId: string): Promise<VersionedRecord | undefined>;
  /** The record of this export that now exists: ours, or the one that was there before (`isOurs` tells). */
  create(record: NewRecord): Promise<WrittenRecord>;
  /** The record that now exists: ours, or the one of whoever was faster. */
  replace(version: VersionedRecord, next: NewRecord): Promise<WrittenRecord>;
}

export interface WrittenRecord extends VersionedRecord {
  readonly isOurs: boolean;
}

/** `queued` and `running` go on; nothing follows any other status but `ready` → `deleted`. */
export type LiveRecord = QueuedRecord | RunningRecord;
export type TerminalRecord = Exclude<ExportRecord, LiveRecord>;

export function isTerminal(record: ExportRecord): record is TerminalRecord {
  return record.status !== 'queued' && record.status !== 'running';
}

export function createRecords(documents: ConditionalDocuments, newNonce: () => string): Records {
  async function read(viewName: string, exportId: string): Promise<VersionedRecord | undefined> {
    const document = await documents.read(recordKey(viewName, exportId));
    return document && { etag: document.etag, record: recordSchema.parse(document.value) };
  }

  // After a refused condition the record is read again: the write may be our own, its answer lost and the SDK's retry refused.
  async function written(record: ExportRecord, etag: string | undefined): Promise<WrittenRecord> {
    if (etag !== undefined) return { etag, record, isOurs: true };
    const current = await read(record.view_name, record.export_id);
    if (current === undefined) throw new Error(`record of ${record.export_id} vanished between two calls`);
    return { ...current, isOurs: current.record.writer === record.writer };
  }

  return {
    read,
    create: async (content) => {
      const record = { ...content, revision: 1, writer: newNonce() };
      return written(record, await documents.create(recordKey(record.view_name, record.export_id), record));
    },
    replace: async (version, content) => {
      const record = { ...content, revision: version.record.revision + 1, writer: newNonce() };
      const key = recordKey(record.view_name, record.export_id);
      return written(record, await documents.replace(key, version.etag, record));
    },
  };
}
