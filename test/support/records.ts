import { newExportId } from '../../functions/ledger/export-id.ts';
import { workbookKey } from '../../functions/ledger/keys.ts';
import type { ExportRecord, NewRecord } from '../../functions/ledger/record.ts';

/** A record of every status, of one export of `item_master` that was created at `createdMs` and began a second later. */
export function newRecordOf(status: ExportRecord['status'], createdMs: number): NewRecord {
  const at = (seconds: number) => new Date(createdMs + seconds * 1000).toISOString();
  const export_id = newExportId(createdMs);
  const common = {
    export_id,
    view_name: 'item_master',
    attempts: status === 'queued' ? 0 : 2,
    trigger: { kind: 'api' as const, caller: 'AROA1' },
    request: { view_name: 'item_master' },
    delivery: {},
    created_at: at(0),
  };
  const ready = {
    started_at: at(1),
    finished_at: at(2),
    expires_at: at(604_802),
    workbook: {
      key: workbookKey('item_master', export_id, 2),
      file_name: 'x.xlsx',
      bytes: 1,
      sha256: 'a',
      content_hash: 'b',
      coverage: 'unknown' as const,
      sheets: [],
    },
    timings_ms: { queue: 0, login: 0, origin_first_byte: 0, transfer: 0, total: 0 },
  };
  switch (status) {
    case 'queued':
      return { ...common, status };
    case 'running':
      return { ...common, status, started_at: at(1), lease: { owner: 'o', until: at(60) }, bytes_so_far: 0 };
    case 'ready':
      return { ...common, status, ...ready };
    case 'failed':
      return { ...common, status, finished_at: at(2), problem: { code: 'origin-failed', title: 't', detail: 'd' } };
    case 'cancelled':
      return { ...common, status, finished_at: at(2) };
    case 'deleted':
      return { ...common, status, ...ready, deleted_at: at(3) };
  }
}
