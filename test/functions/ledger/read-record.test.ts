import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createReadRecord, messageRetentionSeconds } from '../../../functions/ledger/read-record.ts';
import { type LedgerOnSandbox, startLedger } from '../../support/ledger.ts';
import { newRecordOf } from '../../support/records.ts';

const createdMs = Date.UTC(2026, 10, 23, 10, 15);
let ended: string[];

const keptUntilMs = createdMs + messageRetentionSeconds * 1000;

let ledger: LedgerOnSandbox;

beforeAll(async () => {
  ledger = await startLedger();
});

afterAll(() => ledger.close());

beforeEach(() => {
  ended = [];
});

async function readAt(nowMs: number, status: Parameters<typeof newRecordOf>[0], lease?: string) {
  const given = newRecordOf(status, createdMs);
  const record = given.status === 'running' && lease ? { ...given, lease: { owner: 'o', until: lease } } : given;
  await ledger.records.create(record);
  const read = createReadRecord({
    records: ledger.records,
    noteEnd: (told) => ended.push(told.status),
    now: () => nowMs,
  });
  return { first: await read('item_master', given.export_id), again: await read('item_master', given.export_id) };
}

describe('a record that is queued or running', () => {
  test.each(['queued', 'running'] as const)('is itself while its message is kept (%s)', async (status) => {
    const { first } = await readAt(keptUntilMs, status);
    expect(first?.record).toMatchObject({ status, revision: 1 });
  });

  test.each(['queued', 'running'] as const)('is abandoned from then on, for whoever reads it (%s)', async (status) => {
    const { first, again } = await readAt(keptUntilMs + 1, status);
    expect(first?.record).toMatchObject({
      status: 'failed',
      revision: 2,
      created_at: new Date(createdMs).toISOString(),
      finished_at: new Date(keptUntilMs + 1).toISOString(),
      problem: { code: 'export-abandoned', detail: expect.stringContaining(status) },
    });
    expect(first?.record).not.toHaveProperty('lease');
    expect(again).toMatchObject({ etag: first?.etag, record: { revision: 2 } });
    expect(ended).toEqual(['failed']);
  });

  test('is not abandoned as long as a run holds its lease', async () => {
    const until = new Date(keptUntilMs + 60_000).toISOString();
    expect((await readAt(keptUntilMs + 60_000, 'running', until)).first?.record.status).toBe('running');
    expect((await readAt(keptUntilMs + 60_001, 'running', until)).first?.record.status).toBe('failed');
  });
});

test.each(['ready', 'failed', 'cancelled', 'deleted'] as const)(
  'a record that is %s stays so for ever',
  async (status) => {
    const { first } = await readAt(keptUntilMs * 2, status);
    expect(first?.record).toMatchObject({ status, revision: 1 });
  },
);

test('who finds an export abandoned while another one ends it reads what the other one wrote', async () => {
  const given = newRecordOf('running', createdMs);
  const { etag } = await ledger.records.create(given);
  const { export_id } = given;
  const readRecord = createReadRecord({
    records: {
      ...ledger.records,
      replace: async (version, next) => {
        await ledger.records.replace({ ...version, etag }, { ...newRecordOf('cancelled', createdMs), export_id });
        return ledger.records.replace(version, next);
      },
    },
    noteEnd: (told) => ended.push(told.status),
    now: () => keptUntilMs + 1,
  });
  expect((await readRecord('item_master', export_id))?.record.status).toBe('cancelled');
  expect(ended).toEqual([]);
});
