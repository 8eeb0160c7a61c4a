import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClaimFireTime, createClaimFireTime } from '../../../../functions/export/schedule/claim-fire-time.ts';
import type { ScheduledMessage } from '../../../../functions/export/schedule/scheduled-message.ts';
import { createClaimKey } from '../../../../functions/ledger/claim.ts';
import { newExportId } from '../../../../functions/ledger/export-id.ts';
import { queuedRecord } from '../../../../functions/ledger/export-message.ts';
import { createNoteEnd } from '../../../../functions/ledger/note-end.ts';
import { createReadRecord } from '../../../../functions/ledger/read-record.ts';
import { createRequestIndex, type RequestIndex } from '../../../../functions/ledger/request-index.ts';
import { type LedgerOnSandbox, startLedger } from '../../../support/ledger.ts';
import { keptObserver } from '../../../support/observer.ts';

let ledger: LedgerOnSandbox;
let nowMs = Date.UTC(2026, 10, 27, 5, 0, 3);
let claim: ClaimFireTime;
let requestIndex: RequestIndex;
const observer = keptObserver();
const noteEnd = createNoteEnd(observer);

beforeAll(async () => {
  ledger = await startLedger();
  const { documents, records } = ledger;
  const now = () => nowMs;
  requestIndex = createRequestIndex({
    documents,
    readRecord: createReadRecord({ records, noteEnd: () => undefined, now }),
  });
  claim = createClaimFireTime({ claimKey: createClaimKey(documents), records, requestIndex, noteEnd, now });
});

afterAll(() => ledger.close());

const fired = (more: Partial<ScheduledMessage> = {}): ScheduledMessage => ({
  // Each test has a schedule of its own.
  schedule: randomUUID(),
  fire_time: '2026-11-27T05:00:00Z',
  time_zone: 'Europe/Berlin',
  request: { view_name: 'item_master', filters: { Day: '{today}' } },
  delivery: { file_name: 'items' },
  ...more,
});

describe('the first delivery of a fire time', () => {
  test('names the schedule and the fire time, and asks for the dates of that moment', async () => {
    const scheduled = fired({ fire_time: '2026-11-26T23:00:00.000Z' });
    expect(await claim(scheduled)).toEqual({
      export_id: expect.stringMatching(/^7/),
      request: { view_name: 'item_master', filters: { Day: '2026-11-27' } },
      delivery: { file_name: 'items' },
      trigger: { kind: 'schedule', name: scheduled.schedule, fire_time: '2026-11-26T23:00:00.000Z' },
      created_at: '2026-11-27T05:00:03.000Z',
    });
  });

  test('is what max_age_s finds for the same request', async () => {
    const message = await claim(fired({ request: { view_name: 'item_master', filters: { Found: '{month_start}' } } }));
    const { record } = await ledger.records.create(queuedRecord(message));
    expect(
      (await requestIndex.newest({ view_name: 'item_master', filters: { Found: '2026-11-01' } })).version?.record,
    ).toEqual(record);
  });

  test('needs no filters', async () => {
    expect((await claim(fired({ request: { view_name: 'item_master' } }))).request).toEqual({
      view_name: 'item_master',
    });
  });
});

describe('a later delivery', () => {
  test('of the same fire time, days later and written otherwise, is the same export', async () => {
    const scheduled = fired();
    const first = await claim(scheduled);
    nowMs += 2 * 86_400_000;
    expect(await claim({ ...scheduled, fire_time: '2026-11-27T05:00:00.000Z' })).toEqual(first);
  });

  test('asks for what the first asked for, whatever the settings say by then', async () => {
    const scheduled = fired();
    const first = await claim(scheduled);
    const changed = { request: { view_name: 'unit_master', filters: { other: 1 } }, delivery: {}, time_zone: 'UTC' };
    expect(await claim({ ...scheduled, ...changed })).toEqual(first);
  });

  test('does not become the newest of its request again', async () => {
    const request = { view_name: 'item_master', filters: { Newest: 1 } };
    const scheduled = fired({ request });
    await claim(scheduled);
    const trigger = { kind: 'api' as const };
    const other = {
      export_id: newExportId(nowMs),
      request,
      delivery: {},
      trigger,
      created_at: new Date(nowMs).toISOString(),
    };
    const { record } = await ledger.records.create(queuedRecord(other));
    await requestIndex.remember(record);
    await claim(scheduled);
    expect((await requestIndex.newest(request)).exportId).toBe(other.export_id);
  });

  test.each([
    ['another fire time', { fire_time: '2026-11-28T05:00:00Z' }],
    ['another schedule', { schedule: randomUUID() }],
  ])('of %s is another export', async (_name, other) => {
    const scheduled = fired();
    const first = await claim(scheduled);
    expect((await claim({ ...scheduled, ...other })).export_id).not.toBe(first.export_id);
  });

  test('at the same moment is the same export', async () => {
    const scheduled = fired();
    const messages = await Promise.all(Array.from({ length: 8 }, () => claim(scheduled)));
    expect(new Set(messages.map(({ export_id }) => export_id)).size).toBe(1);
  });
});

describe('a fire time whose dates cannot be resolved', () => {
  test.each([
    ['an unknown word', { request: { view_name: 'item_master', filters: { a: ['{now}'] } } }, 'filters.a.0'],
    ['an unknown zone', { time_zone: 'Mars/Olympus' }, 'time_zone'],
  ])('by %s is a failed export that says so', async (_name, bad, path) => {
    const message = await claim(fired(bad));
    const found = await ledger.records.read('item_master', message.export_id);
    expect(found?.record).toMatchObject({
      status: 'failed',
      attempts: 0,
      trigger: { kind: 'schedule' },
      problem: { code: 'request-invalid', errors: [{ path }] },
    });
  });

  test('is measured and told of once, however often it is delivered', async () => {
    const scheduled = fired({ time_zone: 'Mars/Olympus' });
    const before = observer.measured.length;
    const { export_id } = await claim(scheduled);
    await claim(scheduled);
    expect(observer.measured.slice(before)).toEqual([
      ['Exports', 1, { trigger: 'schedule', outcome: 'request-invalid' }],
    ]);
    const ended = { export_id, view_name: 'item_master', trigger: 'schedule', trigger_name: scheduled.schedule };
    expect(observer.told.filter(([, fields]) => JSON.stringify(fields).includes(export_id))).toEqual([
      ['export ended', { ...ended, outcome: 'request-invalid', attempts: 0 }],
    ]);
  });

  test('is recorded by a later delivery too, where the first died before', async () => {
    const scheduled = fired({ time_zone: 'Mars/Olympus' });
    const dying = createClaimFireTime({
      claimKey: createClaimKey(ledger.documents),
      requestIndex,
      noteEnd,
      records: { create: () => Promise.reject(new Error('it died')) },
      now: () => nowMs,
    });
    await expect(dying(scheduled)).rejects.toThrow('it died');
    const message = await claim(scheduled);
    expect((await ledger.records.read('item_master', message.export_id))?.record.status).toBe('failed');
  });

  test('stays the failed export that it is when good settings come, of another view too', async () => {
    const scheduled = fired({ time_zone: 'Mars/Olympus' });
    const first = await claim(scheduled);
    const mended = { ...scheduled, time_zone: 'UTC', request: { view_name: 'unit_master' } };
    expect(await claim(mended)).toEqual(first);
    expect(await ledger.records.read('unit_master', first.export_id)).toBeUndefined();
  });

  test('does not fail an export that good settings have begun', async () => {
    const scheduled = fired();
    const first = await claim(scheduled);
    expect(await claim({ ...scheduled, time_zone: 'Mars/Olympus' })).toEqual(first);
    expect(await ledger.records.read('item_master', first.export_id)).toBeUndefined();
  });
});
