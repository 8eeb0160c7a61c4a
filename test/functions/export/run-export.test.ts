import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Attempt } from '../../../functions/export/attempt.ts';
import { createHoldLease } from '../../../functions/export/held-lease.ts';
import { createRunExport } from '../../../functions/export/run-export.ts';
import { createStore, type Store } from '../../../functions/export/store/store.ts';
import { createDocuments, type Documents } from '../../../functions/ledger/documents.ts';
import { newExportId } from '../../../functions/ledger/export-id.ts';
import { type ExportMessage, queuedRecord } from '../../../functions/ledger/export-message.ts';
import { ExportFailure } from '../../../functions/ledger/failure.ts';
import { recordKey, workbookKey } from '../../../functions/ledger/keys.ts';
import { createRecords, isTerminal, type Records } from '../../../functions/ledger/record.ts';
import { createRemoveWorkbooks } from '../../../functions/ledger/workbooks.ts';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';
import { keptObserver, type KeptObserver } from '../../support/observer.ts';

let aws: AwsSandbox;
let s3: S3Client;
let documents: Documents;
let records: Records;
let store: Store;
let nowMs: number;
let message: ExportMessage;
let attempts: string[];
let observer: KeptObserver;
let hidden: number[];
let hearts: (() => void)[];
let lastNonce = 0;

const leaseSeconds = 60;

beforeAll(async () => {
  aws = await startAws();
  s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'ledger' }));
  documents = createDocuments(s3, 'ledger');
  records = createRecords(documents, () => `nonce-${(lastNonce += 1)}`);
  store = createStore(s3, 'ledger');
});

afterAll(() => aws.close());

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 23, 10, 15);
  attempts = [];
  observer = keptObserver();
  hidden = [];
  hearts = [];
  message = {
    export_id: newExportId(nowMs),
    request: { view_name: 'item_master' },
    delivery: {},
    trigger: { kind: 'api', caller: 'AROA1' },
    created_at: new Date(nowMs).toISOString(),
  };
});

const facts = { bytes: 3, sha256: 'abc', contentHash: 'def', sheets: [], loginMs: 1, firstByteMs: 2, transferMs: 3 };

const upload: Attempt = async (_request, key) => {
  attempts.push(key);
  await put(key);
  return facts;
};

async function put(key: string): Promise<void> {
  await store.upload(
    key,
    (async function* () {
      yield Buffer.from('xyz');
    })(),
  );
}

interface Changes {
  readonly attempt?: Attempt;
  readonly records?: Records;
  readonly storeNow?: () => number;
  readonly endsAtMs?: number;
}

/** A run as one instance of the function would make it. Its heart beats when a test says so. */
function run({ attempt = upload, records: own = records, storeNow = () => nowMs, endsAtMs }: Changes = {}) {
  const holdLease = createHoldLease({ records: own, storeNow, pause: untilBeat, leaseSeconds, beatSeconds: 5 });
  const dependencies = { records: own, attempt, holdLease, store, workbookDays: 7, leaseSeconds, storeNow };
  return createRunExport({
    ...dependencies,
    now: () => nowMs,
    observer,
  })({
    message,
    endsAtMs: endsAtMs ?? nowMs + 900_000,
    hideMessage: (seconds) => Promise.resolve(void hidden.push(seconds)),
  });
}

/** Waits for `beat`, or for the end of the run. */
function untilBeat(_ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    hearts.push(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Lets every heart beat once, and waits until what they wrote is written: they are then waiting again, or have stopped. */
async function beat(): Promise<void> {
  const beating = hearts.splice(0);
  for (const resolve of beating) resolve();
  const revision = (await currentRecord())?.revision ?? 0;
  await vi.waitFor(async () => {
    const record = await currentRecord();
    expect(hearts.length > 0 || record?.status !== 'running' || record.revision > revision).toBe(true);
  });
}

const currentRecord = async () => (await records.read('item_master', message.export_id))?.record;
const ownKey = (attempt: number) => workbookKey('item_master', message.export_id, attempt);
/** Writes a record as another run would have left it. */
const anotherRun = (attemptsSoFar: number, leaseEndMs: number) =>
  records.create({
    ...queuedRecord(message),
    status: 'running',
    attempts: attemptsSoFar,
    started_at: message.created_at,
    lease: { owner: 'another', until: new Date(leaseEndMs).toISOString() },
    bytes_so_far: 0,
  });

/** Cancels the export, as the api function does. */
async function cancel(): Promise<void> {
  const current = await records.read('item_master', message.export_id);
  if (!current) throw new Error('there is nothing to cancel');
  const { record } = current;
  await records.replace(current, { ...record, status: 'cancelled', finished_at: new Date(nowMs).toISOString() });
}

/** An attempt that runs until its signal ends it, telling a test when it has begun. */
function endless(begun: () => void): Attempt {
  return (_request, _key, { signal }, tellBytes) => {
    tellBytes(1234);
    begun();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new ExportFailure('origin-timeout', 'The time ran out.')));
    });
  };
}

describe('a run', () => {
  test('takes a queued export through running to ready, and names the workbook of its attempt', async () => {
    await records.create(queuedRecord(message));
    let seen: unknown;
    const outcome = await run({
      attempt: async (...given) => {
        seen = await currentRecord();
        return upload(...given);
      },
    });
    expect(seen).toMatchObject({
      status: 'running',
      attempts: 1,
      revision: 2,
      lease: { until: new Date(nowMs + leaseSeconds * 1000).toISOString() },
      bytes_so_far: 0,
    });
    expect(outcome).toMatchObject({
      record: {
        status: 'ready',
        attempts: 1,
        revision: 3,
        started_at: new Date(nowMs).toISOString(),
        workbook: { key: ownKey(1), bytes: 3 },
        expires_at: '2026-11-30T10:15:00.000Z',
      },
    });
    expect(await currentRecord()).toMatchObject({ status: 'ready' });
  });

  test('hides its message for as long as its lease, before it takes it', async () => {
    let seen: unknown;
    await run({
      attempt: (...given) => {
        seen = [...hidden];
        return upload(...given);
      },
    });
    expect(seen).toEqual([leaseSeconds]);
  });

  test('writes the record itself where the message came before it', async () => {
    expect(await run()).toMatchObject({ record: { status: 'ready', attempts: 1, trigger: { caller: 'AROA1' } } });
  });

  test('of an export that has ended does nothing', async () => {
    await run();
    hidden.length = 0;
    expect(await run()).toMatchObject({ record: { status: 'ready', attempts: 1 } });
    expect([attempts, hidden]).toEqual([[ownKey(1)], []]);
  });

  test("leaves another's live lease alone, and says how long it lives", async () => {
    await anotherRun(1, nowMs + 30_000);
    expect(await run()).toEqual({ retryAfterMs: 30_000 });
    expect(attempts).toEqual([]);
  });

  test("judges leases by S3's clock, however wrong the machine's own is", async () => {
    await anotherRun(1, nowMs + 30_000);
    const wrongMs = nowMs;
    nowMs += 3_600_000;
    expect(await run({ storeNow: () => wrongMs })).toEqual({ retryAfterMs: 30_000 });
  });

  test('takes over a lapsed lease, under a key of its own', async () => {
    await anotherRun(1, nowMs - 1);
    expect(await run()).toMatchObject({ record: { status: 'ready', attempts: 2, workbook: { key: ownKey(2) } } });
  });

  test('abandons an export whose third attempt died', async () => {
    await anotherRun(3, nowMs - 1);
    expect(await run()).toMatchObject({ record: { status: 'failed', problem: { code: 'export-abandoned' } } });
    expect(attempts).toEqual([]);
  });

  test('by two at once attempts once', async () => {
    const outcomes = await Promise.all([run(), run(), run()]);
    expect(attempts).toHaveLength(1);
    expect(outcomes.filter((outcome) => 'record' in outcome)).not.toHaveLength(0);
    expect(await currentRecord()).toMatchObject({ status: 'ready', attempts: 1 });
  });
});

describe('a failed attempt', () => {
  test('is a failed export with its problem', async () => {
    const attempt = () => Promise.reject(new ExportFailure('origin-busy', 'Knosc is busy.', { retryAfterSeconds: 5 }));
    expect(await run({ attempt })).toMatchObject({
      record: { status: 'failed', problem: { code: 'origin-busy', retry_after_s: 5 } },
    });
    expect(observer.defects).toEqual([]);
  });

  test('by a defect shows nothing inner to the caller, and is reported', async () => {
    const defect = new TypeError('password hunter2');
    const outcome = await run({ attempt: () => Promise.reject(defect) });
    expect(outcome).toMatchObject({ record: { status: 'failed', problem: { code: 'internal' } } });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
    expect(observer.defects).toEqual([[message.export_id, defect]]);
  });

  test('sees its deadline 10 s before the invocation ends', async () => {
    const outcome = await run({ attempt: endless(() => undefined), endsAtMs: nowMs + 10_050 });
    expect(outcome).toMatchObject({ record: { status: 'failed', problem: { code: 'origin-timeout' } } });
  });
});

describe('a heartbeat', () => {
  /** Begins a run whose attempt goes on until it is ended. */
  async function begin(changes: Changes = {}) {
    const begun = Promise.withResolvers<void>();
    const outcome = run({ attempt: endless(begun.resolve), ...changes });
    await begun.promise;
    return { outcome };
  }

  test('extends the lease and the hiding of the message, and tells the bytes so far', async () => {
    const { outcome } = await begin();
    nowMs += 5_000;
    await beat();
    expect(await currentRecord()).toMatchObject({
      status: 'running',
      revision: 2,
      lease: { until: new Date(nowMs + leaseSeconds * 1000).toISOString() },
      bytes_so_far: 1234,
    });
    expect(hidden).toEqual([leaseSeconds, leaseSeconds]);
    await cancel();
    await beat();
    await outcome;
  });

  test('that finds the export cancelled ends the attempt, and nothing of it stays', async () => {
    const { outcome } = await begin();
    await put(ownKey(1));
    await cancel();
    await beat();
    expect(await outcome).toMatchObject({ record: { status: 'cancelled' } });
    expect(await exists(ownKey(1))).toBe(false);
  });

  test('that finds another run ends the attempt, and leaves the export to it', async () => {
    const { outcome } = await begin();
    nowMs += leaseSeconds * 1000 + 1;
    const other = await begin();
    await beat();
    expect(await outcome).toEqual({ retryAfterMs: leaseSeconds * 1000 });
    expect(await currentRecord()).toMatchObject({ status: 'running', attempts: 2 });
    await cancel();
    await beat();
    await other.outcome;
  });

  test('that S3 refuses is made good by the next', async () => {
    let refusals = 0;
    const failing: Records = {
      ...records,
      replace: (version, next) => {
        refusals += next.status === 'running' ? 1 : 0;
        return refusals === 1
          ? Promise.reject(new ExportFailure('store-failed', 'no'))
          : records.replace(version, next);
      },
    };
    const { outcome } = await begin({ records: failing });
    for (const resolve of hearts.splice(0)) resolve();
    await vi.waitFor(() => expect([refusals, hearts.length]).toEqual([1, 1]));
    await beat();
    expect(await currentRecord()).toMatchObject({ status: 'running', revision: 2 });
    await cancel();
    await beat();
    await outcome;
  });

  test('whose answer was lost is known as its own, by the publication too', async () => {
    const done = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    // The write is done, and then reported as failed: what comes next meets its own revision.
    const losing: Records = {
      ...records,
      replace: async (version, next) => {
        const written = await records.replace(version, next);
        if (next.status === 'running') throw new ExportFailure('store-failed', 'The answer was lost.');
        return written;
      },
    };
    const outcome = run({
      records: losing,
      attempt: async (...given) => {
        begun.resolve();
        await done.promise;
        return upload(...given);
      },
    });
    await begun.promise;
    await beat();
    done.resolve();
    expect(await outcome).toMatchObject({ record: { status: 'ready', attempts: 1, revision: 3 } });
    expect(await exists(ownKey(1))).toBe(true);
  });
});

describe('a run that lost its lease while it ran', () => {
  test('deletes its own workbook and answers what the other published', async () => {
    const outcome = await run({
      attempt: async (...given) => {
        const result = await upload(...given);
        nowMs += leaseSeconds * 1000 + 1;
        await run();
        return result;
      },
    });
    expect(outcome).toMatchObject({ record: { status: 'ready', attempts: 2, workbook: { key: ownKey(2) } } });
    expect(await exists(ownKey(1))).toBe(false);
    expect(await exists(ownKey(2))).toBe(true);
  });

  test('deletes nothing where it cannot read the record back', async () => {
    let isAway = false;
    const away: Records = {
      ...records,
      read: (...given) =>
        isAway ? Promise.reject(new ExportFailure('store-failed', 'S3 is away.')) : records.read(...given),
    };
    const outcome = run({
      records: away,
      attempt: async (...given) => {
        const result = await upload(...given);
        await cancel();
        isAway = true;
        return result;
      },
    });
    await expect(outcome).rejects.toMatchObject({ code: 'store-failed' });
    expect(await exists(ownKey(1))).toBe(true);
  });
});

describe('an ended export', () => {
  async function settle(): Promise<void> {
    const record = await currentRecord();
    if (!record || !isTerminal(record)) throw new Error('the export has not ended');
    await createRemoveWorkbooks(s3, 'ledger')(record);
  }

  test("keeps the one workbook that its record names, and no other attempt's", async () => {
    await put(ownKey(1));
    await anotherRun(1, nowMs - 1);
    await run();
    await settle();
    expect([await exists(ownKey(1)), await exists(ownKey(2))]).toEqual([false, true]);
  });

  test('keeps none where it was cancelled', async () => {
    await put(ownKey(1));
    await anotherRun(1, nowMs + 1);
    await cancel();
    await settle();
    expect(await exists(ownKey(1))).toBe(false);
  });
});

describe('a lost answer of S3', () => {
  /** Documents whose next write is done, and then reported as refused: the SDK's own repeat of it met itself. */
  function losingAnswers(): Documents {
    return {
      ...documents,
      create: async (...given) => void (await documents.create(...given)),
      replace: async (...given) => void (await documents.replace(...given)),
    };
  }

  test("is recognised by the writer's nonce, so that every write counts once", async () => {
    const losing = createRecords(losingAnswers(), () => `nonce-${(lastNonce += 1)}`);
    const outcome = await run({ records: losing });
    expect(outcome).toMatchObject({ record: { status: 'ready', attempts: 1, revision: 2 } });
    expect(await exists(ownKey(1))).toBe(true);
  });
});

test('a record that is not of the known form is a defect, never half understood', async () => {
  await documents.create(recordKey('item_master', message.export_id), { status: 'ready' });
  await expect(run()).rejects.toThrow('Invalid');
});

async function exists(key: string): Promise<boolean> {
  return s3.send(new HeadObjectCommand({ Bucket: 'ledger', Key: key })).then(
    () => true,
    () => false,
  );
}
