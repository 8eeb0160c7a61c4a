import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEndExport } from '../../../functions/ledger/end-export.ts';
import { createReadRecord } from '../../../functions/ledger/read-record.ts';
import type { ExportRecord, NewRecord, Records } from '../../../functions/ledger/record.ts';
import { createRemoveWorkbooks, type RemoveWorkbooks } from '../../../functions/ledger/workbooks.ts';
import { type LedgerOnSandbox, putWorkbooks, startLedger } from '../../support/ledger.ts';
import { newRecordOf } from '../../support/records.ts';

const createdMs = Date.UTC(2026, 10, 23, 10, 15);
const nowMs = createdMs + 10_000;

let ledger: LedgerOnSandbox;
let ended: string[];
let removeWorkbooks: RemoveWorkbooks;

beforeAll(async () => {
  ledger = await startLedger();
  removeWorkbooks = createRemoveWorkbooks(ledger.s3, ledger.bucket);
});

afterAll(() => ledger.close());

beforeEach(() => {
  ended = [];
});

function endExport(records: Records = ledger.records) {
  const readRecord = createReadRecord({ records, noteEnd: () => undefined, now: () => nowMs });
  return createEndExport({
    records,
    readRecord,
    removeWorkbooks,
    noteEnd: (record) => ended.push(record.status),
    now: () => nowMs,
  });
}

const workbooksOf = async ({ export_id }: { export_id: string }) =>
  (await ledger.documents.list(`workbooks/item_master/${export_id}/`, undefined, 10)).keys.length;

async function given(status: ExportRecord['status']): Promise<ExportRecord> {
  const { record } = await ledger.records.create(newRecordOf(status, createdMs));
  await putWorkbooks(ledger, record);
  return record;
}

describe('an export', () => {
  test.each([
    ['queued', 'cancelled'],
    ['running', 'cancelled'],
    ['ready', 'deleted'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
    ['deleted', 'deleted'],
  ] as const)('that is %s ends as %s, without a workbook, however often it is asked', async (status, end) => {
    const { export_id } = await given(status);
    const first = await endExport()('item_master', export_id);
    expect(first).toMatchObject({ export_id, status: end });
    expect(await workbooksOf({ export_id })).toBe(0);
    if (first) await putWorkbooks(ledger, first);
    expect(await endExport()('item_master', export_id)).toEqual(first);
    expect(await workbooksOf({ export_id })).toBe(0);
    expect(ended).toEqual(status === end ? [] : [end]);
  });

  test('tells when it was cancelled or deleted, and keeps what it was', async () => {
    const running = await given('running');
    expect(await endExport()('item_master', running.export_id)).toMatchObject({
      attempts: 2,
      created_at: running.created_at,
      finished_at: new Date(nowMs).toISOString(),
    });
    const ready = await given('ready');
    expect(await endExport()('item_master', ready.export_id)).toMatchObject({
      finished_at: new Date(createdMs + 2000).toISOString(),
      deleted_at: new Date(nowMs).toISOString(),
      workbook: { file_name: 'x.xlsx' },
    });
  });

  test('that nobody knows is not there', async () => {
    expect(await endExport()('item_master', newRecordOf('queued', createdMs).export_id)).toBeUndefined();
  });
});

describe('a cancellation that meets another writer', () => {
  let running: ExportRecord;

  beforeEach(async () => {
    running = await given('running');
  });

  /** Records in which somebody else is faster, once. */
  function contended(theirs: NewRecord): Records {
    let isFirst = true;
    return {
      ...ledger.records,
      replace: async (version, next) => {
        if (isFirst) await ledger.records.replace(version, { ...theirs, export_id: running.export_id });
        isFirst = false;
        return ledger.records.replace(version, next);
      },
    };
  }

  test.each([
    ['a heartbeat', 'running', 'cancelled'],
    ['the publication', 'ready', 'deleted'],
    ['a failure', 'failed', 'failed'],
  ] as const)('such as %s goes by what is written then', async (_name, theirs, end) => {
    const record = await endExport(contended(newRecordOf(theirs, createdMs)))('item_master', running.export_id);
    expect(record?.status).toBe(end);
    expect(await ledger.records.read('item_master', running.export_id)).toMatchObject({ record: { status: end } });
    expect(await workbooksOf(running)).toBe(0);
  });
});

test('of a ready export the named workbook stays when the others are removed', async () => {
  const record = await given('ready');
  await removeWorkbooks(record);
  const { keys } = await ledger.documents.list(`workbooks/item_master/${record.export_id}/`, undefined, 10);
  expect(keys).toEqual([`workbooks/item_master/${record.export_id}/2.xlsx`]);
});
