import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Attempt } from '../../../functions/export/attempt.ts';
import { createRunExport } from '../../../functions/export/run-export.ts';
import { createStore, type Store } from '../../../functions/export/store/store.ts';
import { createDocuments, type Documents } from '../../../functions/ledger/documents.ts';
import { newExportId } from '../../../functions/ledger/export-id.ts';
import { type ExportMessage, queuedRecord } from '../../../functions/ledger/export-message.ts';
import { ExportFailure } from '../../../functions/ledger/failure.ts';
import { recordKey, workbookKey } from '../../../functions/ledger/keys.ts';
import { createRecords, type Records } from '../../../functions/ledger/record.ts';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

let aws: AwsSandbox;
let documents: Documents;
let records: Records;
let store: Store;
let nowMs: number;
let message: ExportMessage;
let attempts: string[];
let defects: unknown[];
let lastNonce = 0;

const leaseMs = 60_000;

beforeAll(async () => {
  aws = await startAws();
  const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'ledger' }));
  documents = createDocuments(s3, 'ledger');
  records = createRecords(documents, () => `nonce-${(lastNonce += 1)}`);
  store = createStore(s3, 'ledger');
});

afterAll(() => aws.close());

beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 23, 10, 15);
  attempts = [];
  defects = [];
  message = {
    export_id: newExportId(nowMs),
    request: { view_name: 'item_master' },
    delivery: {},
    trigger: { kind: 'api', caller: 'AROA1' },
    created_at: new Date(nowMs).toISOString(),
  };
});

const facts = { bytes: 3, sha256: 'abc', loginMs: 1, firstByteMs: 2, transferMs: 3 };

const upload: Attempt = async (_request, key) => {
  attempts.push(key);
  await store.upload(
    key,
    (async function* () {
      yield Buffer.from('xyz');
    })(),
  );
  return facts;
};

function run(attempt: Attempt = upload) {
  const dependencies = { records, attempt, store, workbookDays: 7, now: () => nowMs };
  return createRunExport({ ...dependencies, reportDefect: (_id, error) => defects.push(error) })(message, leaseMs);
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
  });

describe('a run', () => {
  test('takes a queued export through running to ready, and names the workbook of its attempt', async () => {
    await records.create(queuedRecord(message));
    let seen: unknown;
    const outcome = await run(async (...given) => {
      seen = await currentRecord();
      return upload(...given);
    });
    expect(seen).toMatchObject({ status: 'running', attempts: 1, revision: 2 });
    expect(outcome).toMatchObject({
      record: {
        status: 'ready',
        attempts: 1,
        revision: 3,
        workbook: { key: ownKey(1), bytes: 3 },
        expires_at: '2026-11-30T10:15:00.000Z',
      },
    });
    expect(await currentRecord()).toMatchObject({ status: 'ready' });
  });

  test('writes the record itself where the message came before it', async () => {
    expect(await run()).toMatchObject({ record: { status: 'ready', attempts: 1, trigger: { caller: 'AROA1' } } });
  });

  test('of an export that has ended does nothing', async () => {
    await run();
    expect(await run()).toMatchObject({ record: { status: 'ready', attempts: 1 } });
    expect(attempts).toEqual([ownKey(1)]);
  });

  test("leaves another's live lease alone, and says when to come back", async () => {
    await anotherRun(1, nowMs + 30_000);
    expect(await run()).toEqual({ retryAtMs: nowMs + 30_000 });
    expect(attempts).toEqual([]);
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
    const failing = () => Promise.reject(new ExportFailure('origin-busy', 'Knosc is busy.', { retryAfterSeconds: 5 }));
    expect(await run(failing)).toMatchObject({
      record: { status: 'failed', problem: { code: 'origin-busy', retry_after_s: 5 } },
    });
    expect(defects).toEqual([]);
  });

  test('by a defect shows nothing inner to the caller, and is reported', async () => {
    const defect = new TypeError('password hunter2');
    const outcome = await run(() => Promise.reject(defect));
    expect(outcome).toMatchObject({ record: { status: 'failed', problem: { code: 'internal' } } });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
    expect(defects).toEqual([defect]);
  });

  test('sees its deadline 10 s before the lease ends', async () => {
    let deadline: AbortSignal | undefined;
    await createRunExport({
      records,
      store,
      workbookDays: 7,
      now: () => nowMs,
      reportDefect: () => undefined,
      attempt: (_request, _key, signal) => {
        deadline = signal;
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new ExportFailure('origin-timeout', 'too slow'));
          });
        });
      },
    })(message, 10_050);
    expect(deadline?.aborted).toBe(true);
    expect(await currentRecord()).toMatchObject({ status: 'failed', problem: { code: 'origin-timeout' } });
  });
});

describe('a run that lost its lease while it ran', () => {
  test('deletes its own workbook and answers what the other published', async () => {
    const outcome = await run(async (...given) => {
      const result = await upload(...given);
      nowMs += leaseMs + 1;
      await createRunExport({
        records,
        attempt: upload,
        store,
        workbookDays: 7,
        now: () => nowMs,
        reportDefect: () => undefined,
      })(message, leaseMs);
      return result;
    });
    expect(outcome).toMatchObject({ record: { status: 'ready', attempts: 2, workbook: { key: ownKey(2) } } });
    expect(await exists(ownKey(1))).toBe(false);
    expect(await exists(ownKey(2))).toBe(true);
  });
});

describe('a lost answer of S3', () => {
  /** Documents whose next write is done, and then reported as refused: the SDK's own repeat of it met itself. */
  function losingAnswers(): Documents {
    return {
      read: (key) => documents.read(key),
      create: async (...given) => void (await documents.create(...given)),
      replace: async (...given) => void (await documents.replace(...given)),
    };
  }

  test("is recognised by the writer's nonce, so that every write counts once", async () => {
    const losing = createRecords(losingAnswers(), () => `nonce-${(lastNonce += 1)}`);
    const outcome = await createRunExport({
      records: losing,
      attempt: upload,
      store,
      workbookDays: 7,
      now: () => nowMs,
      reportDefect: () => undefined,
    })(message, leaseMs);
    expect(outcome).toMatchObject({ record: { status: 'ready', attempts: 1, revision: 2 } });
    expect(await exists(ownKey(1))).toBe(true);
  });
});

test('a record that is not of the known form is a defect, never half understood', async () => {
  await documents.create(recordKey('item_master', message.export_id), { status: 'ready' });
  await expect(run()).rejects.toThrow('Invalid');
});

async function exists(key: string): Promise<boolean> {
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
  const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  return s3.send(new HeadObjectCommand({ Bucket: 'ledger', Key: key })).then(
    () => true,
    () => false,
  );
}
