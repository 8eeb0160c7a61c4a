import { describe, expect, test } from 'vitest';
import { createExportList } from '../../../functions/ledger/export-list.ts';
import { recordKey } from '../../../functions/ledger/keys.ts';
import type { ReadRecord } from '../../../functions/ledger/read-record.ts';
import { newRecordOf } from '../../support/records.ts';

const createdMs = Date.UTC(2026, 10, 23, 10, 15);
const records = Array.from({ length: 50 }, () => ({
  ...newRecordOf('ready', createdMs),
  revision: 1,
  writer: 'w',
}));
const keys = records.map(({ export_id }) => recordKey('item_master', export_id));

function listWith(readRecord: ReadRecord) {
  const documents = { list: () => Promise.resolve({ keys, hasMore: false }) };
  return createExportList({ documents, readRecord, now: () => createdMs });
}

const find: ReadRecord = (_view, exportId) => {
  const record = records.find(({ export_id }) => export_id === exportId);
  return Promise.resolve(record && { etag: 'e', record });
};

describe('a page of exports', () => {
  test('leaves out a record that was removed after it was listed', async () => {
    const gone = records[7]?.export_id;
    const list = listWith(async (view, id) => (id === gone ? undefined : find(view, id)));
    const page = await list.page('item_master', undefined, 50);
    expect(page.records).toEqual(records.filter(({ export_id }) => export_id !== gone));
  });

  test('reads many records at once, but never more than twenty', async () => {
    let running = 0;
    let most = 0;
    const list = listWith(async (view, id) => {
      running += 1;
      most = Math.max(most, running);
      const version = await find(view, id);
      running -= 1;
      return version;
    });
    expect((await list.page('item_master', undefined, 50)).records).toHaveLength(50);
    expect(most).toBe(20);
  });
});

test('the latest export is found without reading what is older', async () => {
  const reads: string[] = [];
  const list = listWith((view, id) => {
    reads.push(id);
    return find(view, id);
  });
  expect((await list.latest('item_master'))?.export_id).toBe(records[0]?.export_id);
  expect(reads).toHaveLength(20);
});
