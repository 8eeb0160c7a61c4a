import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BeginExport, createBeginExport, type Intent } from '../../../functions/ledger/begin-export.ts';
import { createClaimKey } from '../../../functions/ledger/claim.ts';
import type { Documents } from '../../../functions/ledger/documents.ts';
import { newExportId } from '../../../functions/ledger/export-id.ts';
import type { ExportMessage } from '../../../functions/ledger/export-message.ts';
import { requestHash } from '../../../functions/ledger/export-request.ts';
import { ExportFailure } from '../../../functions/ledger/failure.ts';
import { claimKey, heldKey, requestKey } from '../../../functions/ledger/keys.ts';
import { createReadRecord } from '../../../functions/ledger/read-record.ts';
import type { ExportRecord, Records } from '../../../functions/ledger/record.ts';
import { createRequestIndex } from '../../../functions/ledger/request-index.ts';
import { type LedgerOnSandbox, startLedger } from '../../support/ledger.ts';
import { newRecordOf } from '../../support/records.ts';

let ledger: LedgerOnSandbox;
let nowMs: number;
let messages: (ExportMessage & { readonly delay: number | undefined })[];
let keys = 0;

beforeAll(async () => {
  ledger = await startLedger();
});

afterAll(() => ledger.close());

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 23, 10, 15);
  messages = [];
});

interface Overrides {
  readonly sendMessage?: () => Promise<void>;
  /** What happens between a join's look at the record and its write. */
  readonly beforeJoin?: () => Promise<unknown>;
  /** The answers to conditional creates of the index. */
  readonly losesReservations?: boolean;
  readonly now?: () => number;
  /** Called when a record was looked for and not found. */
  readonly onNothingFound?: () => void;
}

function beginWith(overrides: Overrides = {}): BeginExport {
  const { sendMessage, beforeJoin, losesReservations = false, now = () => nowMs, onNothingFound } = overrides;
  const documents: Documents = {
    ...ledger.documents,
    create: async (key, value) => {
      const etag = await ledger.documents.create(key, value);
      return losesReservations && key.startsWith('requests/') ? undefined : etag;
    },
  };
  const records: Records = {
    ...ledger.records,
    replace: async (version, next) => {
      await beforeJoin?.();
      return ledger.records.replace(version, next);
    },
  };
  const read = createReadRecord({ records, noteEnd: () => undefined, now });
  const readRecord: typeof read = async (...place) => {
    const version = await read(...place);
    if (!version) onNothingFound?.();
    return version;
  };
  return createBeginExport({
    claimKey: createClaimKey(documents),
    records,
    readRecord,
    requestIndex: createRequestIndex({ documents, readRecord }),
    sendMessage: sendMessage ?? ((message, delay) => Promise.resolve(void messages.push({ ...message, delay }))),
    now,
    sleep,
  });
}

/** An intent of a view of its own, so that no test joins another's export. */
function intent(changes: Partial<Intent> = {}): Intent {
  keys += 1;
  return {
    request: { view_name: `view_${keys}` },
    delivery: {},
    trigger: { kind: 'api', caller: 'AROA1' },
    idempotencyKey: `key-${keys}`,
    ...changes,
  };
}

/** Lets the export of a request become what a record of that status is; it began now. */
async function become(record: ExportRecord, status: ExportRecord['status']): Promise<void> {
  const version = await ledger.records.read(record.view_name, record.export_id);
  if (!version) throw new Error('no record');
  const { export_id, view_name, request } = record;
  await ledger.records.replace(version, { ...newRecordOf(status, nowMs - 1000), export_id, view_name, request });
}

describe('a create that died half-way', () => {
  const died = new ExportFailure('store-failed', 'died');

  test('after the claim is made good by a repeat, under the same id', async () => {
    const given = intent();
    await expect(beginWith({ sendMessage: () => Promise.reject(died) })(given)).rejects.toBe(died);
    const claim = await ledger.documents.read(claimKey('AROA1', given.idempotencyKey ?? ''));
    nowMs += 3_000;
    const record = await beginWith()(given);
    expect(claim?.value).toMatchObject({ export_id: record.export_id });
    expect(messages).toMatchObject([{ export_id: record.export_id, request: given.request }]);
    expect(record.status).toBe('queued');
  });

  test('is looked at again while its claim is young, and no second message is sent', async () => {
    const given = intent();
    const sending = Promise.withResolvers<void>();
    const first = beginWith({ sendMessage: () => sending.promise })(given);
    await expect.poll(() => ledger.documents.read(claimKey('AROA1', given.idempotencyKey ?? ''))).toBeDefined();
    const repeat = beginWith({ onNothingFound: sending.resolve })(given);
    expect((await repeat).export_id).toBe((await first).export_id);
    expect(messages).toEqual([]);
  });

  test('by a function whose clock is an hour ahead is waited for no longer than any other', async () => {
    const given = intent();
    const ahead = beginWith({ now: () => nowMs + 3_600_000, sendMessage: () => Promise.reject(died) });
    await expect(ahead(given)).rejects.toBe(died);
    // Each look at the clock is a second later here.
    const record = await beginWith({ now: () => (nowMs += 1_000) })(given);
    expect(messages).toMatchObject([{ export_id: record.export_id }]);
  });
});

describe('an idempotency key', () => {
  test("is the caller's own", async () => {
    const given = intent();
    const theirs = { ...given, trigger: { kind: 'api' as const, caller: 'AROA2' } };
    const invoked = { ...given, trigger: { kind: 'invoke' as const } };
    const ids = [given, theirs, invoked].map(async (one) => (await beginWith()(one)).export_id);
    expect(new Set(await Promise.all(ids)).size).toBe(3);
  });

  test('of another request is a mismatch, and of another delivery too', async () => {
    const given = intent();
    await beginWith()(given);
    const mismatch = { code: 'idempotency-mismatch' };
    await expect(beginWith()({ ...given, request: { ...given.request, index: { limit: 1 } } })).rejects.toMatchObject(
      mismatch,
    );
    await expect(beginWith()({ ...given, delivery: { max_age_s: 1 } })).rejects.toMatchObject(mismatch);
    expect(messages).toHaveLength(1);
  });
});

describe('max_age_s', () => {
  const create = (given: Intent) => beginWith()({ ...given, delivery: {}, idempotencyKey: undefined });
  const ask = (given: Intent, seconds: number) =>
    beginWith()({ ...given, delivery: { max_age_s: seconds }, idempotencyKey: undefined });

  test.each([
    ['queued', true],
    ['running', true],
    ['ready', true],
    ['failed', false],
    ['cancelled', false],
    ['deleted', false],
  ] as const)('an export that is %s is joined: %s', async (status, isJoined) => {
    const given = intent();
    const first = await create(given);
    if (status !== 'queued') await become(first, status);
    expect((await ask(given, 60)).export_id === first.export_id).toBe(isJoined);
  });

  test.each(['running', 'ready'] as const)('counts from when the run of an export that is %s began', async (status) => {
    const given = intent();
    const first = await create(given);
    await become(first, status);
    nowMs += 60_000;
    expect((await ask(given, 60)).export_id).toBe(first.export_id);
    expect((await ask(given, 59)).export_id).not.toBe(first.export_id);
  });

  test('joins what has not begun, however long it is queued', async () => {
    const given = intent();
    const first = await create(given);
    nowMs += 3_600_000;
    expect((await ask(given, 0)).export_id).toBe(first.export_id);
  });

  test('does not join an export that has expired, however young it is', async () => {
    const given = intent();
    const first = await create(given);
    await become(first, 'ready');
    const ready = await ledger.records.read(first.view_name, first.export_id);
    if (ready?.record.status !== 'ready') throw new Error('the export is not ready');
    await ledger.records.replace(ready, { ...ready.record, expires_at: new Date(nowMs).toISOString() });
    expect((await ask(given, 60)).export_id).not.toBe(first.export_id);
  });

  test('joins the newest export of exactly this request', async () => {
    const given = intent();
    const [, second] = [await create(given), await create(given)];
    await create({ ...given, request: { ...given.request, index: { limit: 1 } } });
    expect((await ask(given, 60)).export_id).toBe(second.export_id);
    expect(messages).toHaveLength(3);
  });

  test('does not join without it', async () => {
    const given = intent();
    expect((await create(given)).export_id).not.toBe((await create(given)).export_id);
  });

  test.each(['running', 'ready'] as const)(
    'lets a webhook join what is queued, not what is %s and may be older than what it tells of',
    async (status) => {
      const given = intent({ trigger: { kind: 'webhook' } });
      const first = await create(given);
      const joined = await ask(given, 60);
      expect([joined.export_id, joined.revision]).toEqual([first.export_id, first.revision + 1]);
      await become(first, status);
      expect((await ask(given, 60)).export_id).not.toBe(first.export_id);
    },
  );

  test('does not join what a webhook holds back, before its time', async () => {
    const given = intent();
    const trigger = { kind: 'webhook' as const, name: 'changed' };
    const held = await beginWith()({ ...given, trigger, debounceSeconds: 300 });
    const own = await ask(given, 60);
    expect(own.export_id).not.toBe(held.export_id);
    await become(own, 'failed');
    nowMs += 300_000;
    expect((await ask(given, 60)).export_id).toBe(held.export_id);
    await become(held, 'ready');
    expect((await ask(given, 60)).export_id).toBe(held.export_id);
  });

  test('with a key lets the claim name the joined export, for all repeats', async () => {
    const given = intent({ delivery: { max_age_s: 60 } });
    const first = await create(given);
    await become(first, 'ready');
    expect((await beginWith()(given)).export_id).toBe(first.export_id);
    nowMs += 120_000;
    expect((await beginWith()(given)).export_id).toBe(first.export_id);
    expect((await ask(given, 60)).export_id).not.toBe(first.export_id);
  });

  test('with a key that has begun an export goes on with that one', async () => {
    const given = intent({ delivery: { max_age_s: 60 } });
    const first = await beginWith()(given);
    const newer = await create(given);
    expect(newer.export_id).not.toBe(first.export_id);
    expect((await beginWith()(given)).export_id).toBe(first.export_id);
  });

  test.each([
    ['names no export', { export_id: newExportId(1) }],
    ['is broken', { export_id: 7 }],
  ])('costs one export more when the index %s', async (_name, entry) => {
    const given = intent();
    const first = await create(given);
    await ledger.documents.overwrite(requestKey(requestHash(given.request)), entry);
    const second = await ask(given, 60);
    expect(second.export_id).not.toBe(first.export_id);
    expect((await ask(given, 60)).export_id).toBe(second.export_id);
  });

  test("costs one export more when the index names another request's", async () => {
    const given = intent();
    const other = await create({ ...given, request: { ...given.request, index: { limit: 1 } } });
    await ledger.documents.overwrite(requestKey(requestHash(given.request)), { export_id: other.export_id });
    expect((await ask(given, 60)).export_id).not.toBe(other.export_id);
  });
});

describe('debounce', () => {
  const webhook = (changes: Partial<Intent> = {}) =>
    intent({ trigger: { kind: 'webhook', name: 'changed' }, debounceSeconds: 60, ...changes });
  /** Another webhook of the same request. */
  const another = (given: Intent): Intent => ({ ...given, idempotencyKey: intent().idempotencyKey });

  test('holds the first webhook back, and lets later ones join it by a write of its record', async () => {
    const given = webhook();
    const first = await beginWith()(given);
    expect(first).toMatchObject({ status: 'queued', not_before: new Date(nowMs + 60_000).toISOString() });
    nowMs += 50_000;
    const second = await beginWith()(another(given));
    expect(second).toEqual({ ...first, revision: first.revision + 1, writer: second.writer });
    expect(messages).toMatchObject([{ export_id: first.export_id, delay: 60 }]);
  });

  test.each(['running', 'ready', 'failed', 'cancelled', 'deleted'] as const)(
    'does not join an export that is %s',
    async (status) => {
      const given = webhook();
      const first = await beginWith()(given);
      await become(first, status);
      expect((await beginWith()(another(given))).export_id).not.toBe(first.export_id);
      expect(messages).toHaveLength(2);
    },
  );

  test('begins a new export where the run was faster than the write', async () => {
    const given = webhook();
    const first = await beginWith()(given);
    const second = await beginWith({ beforeJoin: () => become(first, 'running') })(another(given));
    expect(second.export_id).not.toBe(first.export_id);
    expect((await beginWith()(another(given))).export_id).toBe(second.export_id);
    expect(messages).toHaveLength(2);
  });

  test('joins where only another webhook was faster', async () => {
    const given = webhook();
    const first = await beginWith()(given);
    let isFirst = true;
    const beforeJoin = async () => {
      if (isFirst) await beginWith()(another(given));
      isFirst = false;
    };
    expect((await beginWith({ beforeJoin })(another(given))).export_id).toBe(first.export_id);
    expect(messages).toHaveLength(1);
  });

  test('is joined whatever else asks for the same request meanwhile', async () => {
    const given = webhook();
    const first = await beginWith()(given);
    const others: Partial<Intent>[] = [
      { trigger: { kind: 'api', caller: 'AROA1' } },
      { trigger: { kind: 'invoke' } },
      { trigger: { kind: 'webhook', name: 'at once' } },
      { trigger: { kind: 'api', caller: 'AROA1' }, delivery: { max_age_s: 1 } },
    ];
    for (const other of others) {
      const begun = await beginWith()({ ...another(given), debounceSeconds: undefined, ...other });
      expect(begun.export_id).not.toBe(first.export_id);
      await become(begun, 'running');
      expect((await beginWith()(another(given))).export_id).toBe(first.export_id);
    }
  });

  test('lets a webhook join what anybody has queued', async () => {
    const given = webhook();
    const queued = await beginWith()({ ...another(given), trigger: { kind: 'api' }, debounceSeconds: undefined });
    expect((await beginWith()(given)).export_id).toBe(queued.export_id);
    await become(queued, 'running');
    expect((await beginWith()(another(given))).export_id).not.toBe(queued.export_id);
  });

  test('has a reservation passed on by nobody but its owner', async () => {
    const { request } = webhook();
    const { documents, records } = ledger;
    const readRecord = createReadRecord({ records, noteEnd: () => undefined, now: () => nowMs });
    const index = createRequestIndex({ documents, readRecord });
    const [own = '', others = '', made = ''] = [1, 2, 3].map((after) => newExportId(nowMs + after));
    await index.passReservation(request, own, made);
    expect((await index.held(request)).etag).toBeUndefined();
    await index.reserve(request, others, await index.held(request));
    await index.passReservation(request, own, made);
    expect((await index.held(request)).exportId).toBe(others);
    await index.passReservation(request, others, made);
    expect((await index.held(request)).exportId).toBe(made);
  });

  test('makes one export of twenty webhooks at once', async () => {
    const given = webhook();
    const begun = await Promise.all(Array.from({ length: 20 }, () => beginWith({ now: Date.now })(another(given))));
    expect(new Set(begun.map(({ export_id }) => export_id)).size).toBe(1);
    expect(messages).toHaveLength(1);
  });

  test('goes on where whoever reserved the index has died', async () => {
    const given = webhook();
    const dead = newExportId(nowMs);
    await ledger.documents.overwrite(heldKey(requestHash(given.request)), { export_id: dead });
    // Each look at the clock is a second later here.
    const begun = await beginWith({ now: () => (nowMs += 1_000) })(given);
    expect(begun.export_id).not.toBe(dead);
    expect((await beginWith()(another(given))).export_id).toBe(begun.export_id);
  });

  test('knows its own reservation whose answer was lost, and does not wait for itself', async () => {
    const given = webhook();
    let looks = 0;
    const begun = await beginWith({ losesReservations: true, onNothingFound: () => (looks += 1) })(given);
    expect(begun.status).toBe('queued');
    // One look finds the reservation without a record.
    expect(looks).toBe(1);
  });

  test('answers a redelivery with the export that it had, and keeps nobody waiting for another', async () => {
    const given = webhook();
    const first = await beginWith()(given);
    await become(first, 'ready');
    expect((await beginWith()(given)).export_id).toBe(first.export_id);
    const entry = await ledger.documents.read(heldKey(requestHash(given.request)));
    expect(entry?.value).toEqual({ export_id: first.export_id });
    expect(messages).toHaveLength(1);
  });

  test('makes a webhook good whose function died after its claim, under the same id', async () => {
    const given = webhook();
    const died = new ExportFailure('store-failed', 'died');
    await expect(beginWith({ sendMessage: () => Promise.reject(died) })(given)).rejects.toBe(died);
    const claim = await ledger.documents.read(claimKey('webhook/changed', given.idempotencyKey ?? ''));
    nowMs += 3_000;
    const record = await beginWith()(given);
    expect(claim?.value).toMatchObject({ export_id: record.export_id });
    expect(messages).toMatchObject([{ export_id: record.export_id, delay: 60 }]);
    expect((await beginWith()(another(given))).export_id).toBe(record.export_id);
  });
});

describe('a webhook of a known id', () => {
  const webhook = (changes: Partial<Intent> = {}) =>
    intent({ trigger: { kind: 'webhook', name: 'changed' }, bodyHash: 'a', ...changes });
  /** As the settings ask for by another view, filters and delivery since. */
  const afterChange = (given: Intent): Intent => ({
    ...given,
    request: { view_name: 'another_view', filters: { a: 1 } },
    delivery: { file_name: 'other' },
  });

  test('and body is the export that it was, whatever the settings say since', async () => {
    const given = webhook();
    const first = await beginWith()(given);
    expect(await beginWith()(afterChange(given))).toEqual(first);
    expect(messages).toHaveLength(1);
  });

  test.each([
    ['at once', {}],
    ['held back', { debounceSeconds: 60 }],
  ])('is made good by what its first delivery asked for, where that died (%s)', async (_name, changes) => {
    const given = webhook(changes);
    const died = new ExportFailure('store-failed', 'died');
    await expect(beginWith({ sendMessage: () => Promise.reject(died) })(given)).rejects.toBe(died);
    nowMs += 3_000;
    const { request, delivery } = given;
    const record = await beginWith()(afterChange(given));
    expect(record).toMatchObject({ view_name: request.view_name, request, delivery });
    expect(messages).toMatchObject([{ export_id: record.export_id, request, delivery }]);
    expect((await beginWith()(given)).export_id).toBe(record.export_id);
  });

  test('keeps nobody of the new settings waiting', async () => {
    const given = webhook({ debounceSeconds: 60 });
    await beginWith()(given);
    const changed = { ...given, request: { ...given.request, index: { limit: 1 } } };
    await beginWith()(changed);
    let looks = 0;
    const next = { ...changed, idempotencyKey: intent().idempotencyKey };
    const begun = await beginWith({ onNothingFound: () => (looks += 1) })(next);
    expect(begun.request).toEqual(changed.request);
    expect(looks).toBe(0);
  });

  test('and another body is a mismatch, in words for its sender', async () => {
    const given = webhook();
    const first = await beginWith()(given);
    await expect(beginWith()({ ...given, bodyHash: 'b' })).rejects.toMatchObject({
      code: 'idempotency-mismatch',
      message: `A webhook with this id and another body began export ${first.export_id}. Each event needs an id of its own, and the same body in every delivery.`,
    });
  });

  test('that was claimed before bodies were is known by its request', async () => {
    const { bodyHash, ...old } = webhook();
    const first = await beginWith()(old);
    expect(await beginWith()({ ...old, bodyHash: bodyHash ?? '' })).toEqual(first);
    await expect(beginWith()({ ...afterChange(old), bodyHash: bodyHash ?? '' })).rejects.toMatchObject({
      code: 'idempotency-mismatch',
    });
  });
});
