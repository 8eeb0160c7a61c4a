import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHandleInvocation } from '../../../functions/export/invocation.ts';
import { failedRecord, runningRecord } from '../../../functions/export/next-record.ts';
import type { RunExport } from '../../../functions/export/run-export.ts';
import { createBeginExport } from '../../../functions/ledger/begin-export.ts';
import { createClaimKey } from '../../../functions/ledger/claim.ts';
import type { ExportMessage } from '../../../functions/ledger/export-message.ts';
import { ExportFailure } from '../../../functions/ledger/failure.ts';
import { problemOf } from '../../../functions/ledger/problem.ts';
import { createReadRecord } from '../../../functions/ledger/read-record.ts';
import { isTerminal } from '../../../functions/ledger/record.ts';
import { createRequestIndex } from '../../../functions/ledger/request-index.ts';
import { type LedgerOnSandbox, startLedger } from '../../support/ledger.ts';

let ledger: LedgerOnSandbox;
let sent: ExportMessage[];
let runs: string[];
let defects: unknown[];

beforeAll(async () => {
  ledger = await startLedger();
});

afterAll(() => ledger.close());

beforeEach(() => {
  sent = [];
  runs = [];
  defects = [];
});

/** A run that takes the lease, does `during`, and ends as a failure of Knosc's. */
function runOf(during: () => Promise<unknown> = () => Promise.resolve()): RunExport {
  return async ({ message }) => {
    const { records } = ledger;
    const current = await records.read(message.request.view_name, message.export_id);
    if (!current) throw new Error('the record is missing');
    if (isTerminal(current.record)) return { record: current.record };
    if (current.record.status === 'running') return { retryAfterMs: 50 };
    runs.push(message.export_id);
    const lease = { owner: randomUUID(), until: new Date(Date.now() + 60_000).toISOString() };
    const taken = await records.replace(current, runningRecord(message, 1, Date.now(), lease));
    await during();
    if (taken.record.status !== 'running') throw new Error('the lease was lost');
    const failure = new ExportFailure('origin-failed', 'Knosc failed.');
    const { record } = await records.replace(taken, failedRecord(taken.record, problemOf(failure), Date.now()));
    if (!isTerminal(record)) throw new Error('the end was not written');
    return { record };
  };
}

function invocationOf(runExport = runOf(), removeWorkbooks: () => Promise<void> = () => Promise.resolve()) {
  const { documents, records } = ledger;
  const readRecord = createReadRecord({ records, noteEnd: () => undefined, now: Date.now });
  const invoke = createHandleInvocation({
    beginExport: createBeginExport({
      claimKey: createClaimKey(documents),
      records,
      readRecord,
      requestIndex: createRequestIndex({ documents, readRecord }),
      sendMessage: (message) => Promise.resolve(void sent.push(message)),
      now: Date.now,
      sleep,
    }),
    runExport,
    records,
    removeWorkbooks,
    makeLink: () => Promise.resolve({ url: 'https://link', expires_at: '' }),
    pause: () => sleep(10),
    now: Date.now,
    reportDefect: (_where, error) => defects.push(error),
  });
  return (payload: object, seconds = 60) =>
    invoke({ view_name: 'item_master', ...payload }, Date.now() + seconds * 1000);
}

/** An invocation whose run goes on until a test lets it end. */
async function beginHeld() {
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const key = { idempotency_key: randomUUID() };
  const invoke = invocationOf(
    runOf(() => {
      begun.resolve();
      return held.promise;
    }),
  );
  const first = invoke(key);
  await begun.promise;
  return { invoke, key, first, held };
}

describe('a direct invocation', () => {
  test('sends the message that takes over should it die before it runs, and answers the export', async () => {
    let sentBefore: unknown;
    const invoke = invocationOf(
      runOf(() => {
        sentBefore = [...sent];
        return Promise.resolve();
      }),
    );
    const answer = await invoke({ filters: { a: 1 } });
    expect(answer).toMatchObject({ status: 'failed', trigger: { kind: 'invoke' }, problem: { code: 'origin-failed' } });
    expect(sentBefore).toMatchObject([{ export_id: answer.export_id, request: { filters: { a: 1 } } }]);
  });

  test('repeated with its key answers the same export, and runs it once', async () => {
    const invoke = invocationOf();
    const key = { idempotency_key: randomUUID() };
    const [first, second] = [await invoke(key), await invoke(key)];
    expect(second).toEqual(first);
    expect([runs, sent.length]).toEqual([[first.export_id], 1]);
  });

  test('repeated while it runs waits for its end', async () => {
    const { invoke, key, first, held } = await beginHeld();
    const second = invoke(key);
    await sleep(50);
    held.resolve();
    expect(await second).toEqual(await first);
    expect(runs).toHaveLength(1);
  });

  test('whose time ends while another runs the export answers it as it is', async () => {
    const { invoke, key, first, held } = await beginHeld();
    expect(await invoke(key, 1)).toMatchObject({ status: 'running' });
    held.resolve();
    await first;
  });

  test('with the key of another request is refused', async () => {
    const invoke = invocationOf();
    const key = { idempotency_key: randomUUID() };
    await invoke(key);
    await expect(invoke({ ...key, filters: { b: 2 } })).rejects.toMatchObject({ code: 'idempotency-mismatch' });
  });

  test('answers the export even where its remains could not be removed', async () => {
    const invoke = invocationOf(runOf(), () => Promise.reject(new Error('S3 is away')));
    expect(await invoke({})).toMatchObject({ status: 'failed' });
    expect(defects).toHaveLength(1);
  });

  test.each([
    [{ view_name: 'Item Master' }, 'view_name'],
    [{ idempotency_key: '' }, 'idempotency_key'],
    [{ colour: 'red' }, 'colour'],
  ])('with the payload %j is refused, saying what is wrong', async (payload, what) => {
    await expect(invocationOf()(payload)).rejects.toMatchObject({
      code: 'request-invalid',
      message: expect.stringContaining(what),
    });
  });
});
