import type { Delivery } from './export-request.ts';
import type { Link, MakeLink } from './link.ts';
import type { ExportRecord, ReadyRecord } from './record.ts';

const defaultLinkLifetimeSeconds = 900;

/** What a caller sees of an export: its record without the ledger's own fields, and a fresh link when it is ready. */
export type Export = ReturnType<typeof withoutLedgerFields> & { readonly link?: Link };

interface LinkSource {
  readonly makeLink: MakeLink;
  readonly now: () => number;
  /** What to link by, where it is not the record's own: who joined an export has a delivery of its own. */
  readonly delivery?: Delivery;
}

/** Makes the answer for a record (DESIGN.md, "HTTP interface"). Fails as `makeLink` does. */
export async function exportOf(record: ExportRecord, { makeLink, now, delivery }: LinkSource): Promise<Export> {
  const shown = exportWithoutLink(record, now());
  if (record.status !== 'ready' || shown.status !== 'ready') return shown;
  return { ...shown, link: await linkOf(record, makeLink, delivery) };
}

/** The same for lists: whoever wants a link asks for the one export. */
export function exportWithoutLink(record: ExportRecord, nowMs: number): Export {
  return withoutLedgerFields(record, statusOf(record, nowMs));
}

/** A fresh link to a ready export's workbook, as long as the delivery asks for (15 minutes where it does not). */
export function linkOf(record: ReadyRecord, makeLink: MakeLink, delivery = record.delivery): Promise<Link> {
  return makeLink(record.workbook, delivery.link_lifetime_s ?? defaultLinkLifetimeSeconds);
}

/** How a record's status reads now. */
export function statusOf(record: ExportRecord, nowMs: number): Status {
  return record.status === 'ready' && isExpired(record, nowMs) ? 'expired' : record.status;
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
      return { ...common, ...(record.not_before !== undefined && { not_before: record.not_before }) };
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
