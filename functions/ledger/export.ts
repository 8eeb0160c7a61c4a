import type { Link, MakeLink } from './link.ts';
import type { ExportRecord, ReadyRecord } from './record.ts';

const defaultLinkLifetimeSeconds = 900;

/** What a caller sees of an export: its record without the ledger's own fields, and a fresh link when it is ready. */
export type Export = ReturnType<typeof withoutLedgerFields> & { readonly link?: Link };

interface LinkSource {
  readonly makeLink: MakeLink;
  readonly now: () => number;
}

/** Makes the answer for a record (DESIGN.md, "HTTP interface"). Fails as `makeLink` does. */
export async function exportOf(record: ExportRecord, { makeLink, now }: LinkSource): Promise<Export> {
  if (record.status !== 'ready') return withoutLedgerFields(record, record.status);
  if (isExpired(record, now())) return withoutLedgerFields(record, 'expired');
  return { ...withoutLedgerFields(record, 'ready'), link: await linkOf(record, makeLink) };
}

/** A fresh link to a ready export's workbook, as long as its delivery asked for (15 minutes where it did not). */
export function linkOf(record: ReadyRecord, makeLink: MakeLink): Promise<Link> {
  return makeLink(record.workbook, record.delivery.link_lifetime_s ?? defaultLinkLifetimeSeconds);
}

/** The record says when it ends; S3's lifecycle rules lag behind. */
export function isExpired(record: ReadyRecord, nowMs: number): boolean {
  return Date.parse(record.expires_at) <= nowMs;
}

type Status = ExportRecord['status'] | 'expired';

function withoutLedgerFields(record: ExportRecord, status: Status) {
  const { export_id, view_name, attempts, trigger, request, created_at } = record;
  const common = { export_id, view_name, status, attempts, trigger, request, created_at };
  switch (record.status) {
    case 'queued':
      return common;
    case 'running':
      return { ...common, started_at: record.started_at, bytes_so_far: record.bytes_so_far };
    case 'failed':
      return { ...common, finished_at: record.finished_at, problem: record.problem };
    case 'cancelled':
      return { ...common, finished_at: record.finished_at };
    case 'ready':
    case 'deleted': {
      const { key: _, ...workbook } = record.workbook;
      const { started_at, finished_at, expires_at, timings_ms } = record;
      const deleted = record.status === 'deleted' ? { deleted_at: record.deleted_at } : {};
      return { ...common, started_at, finished_at, expires_at, ...deleted, workbook, timings_ms };
    }
  }
}
