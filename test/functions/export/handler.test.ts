import { beforeEach, describe, expect, test } from 'vitest';
import { createExportHandler } from '../../../functions/export/handler.ts';
import { createHandleInvocation } from '../../../functions/export/invocation.ts';
import type { Queue } from '../../../functions/export/queue.ts';
import type { RunExport } from '../../../functions/export/run-export.ts';
import { newExportId } from '../../../functions/ledger/export-id.ts';
import { queuedRecord } from '../../../functions/ledger/export-message.ts';
import type { RemoveWorkbooks } from '../../../functions/ledger/workbooks.ts';

const nowMs = 1_795_428_900_000;
let calls: unknown[][];
let defects: string[];

beforeEach(() => {
  calls = [];
  defects = [];
});

function handlerOf(runExport: RunExport, removeWorkbooks: RemoveWorkbooks = () => Promise.resolve()) {
  const queue: Queue = {
    sendDelayed: (message, seconds) => Promise.resolve(void calls.push(['sendDelayed', message.export_id, seconds])),
    hide: (receiptHandle, seconds) => Promise.resolve(void calls.push(['hide', receiptHandle, seconds])),
  };
  const makeLink = () => Promise.resolve({ url: 'https://link', expires_at: '' });
  const reportDefect = (what: string, error: unknown) => void defects.push(`${what}: ${String(error)}`);
  const common = { runExport, removeWorkbooks, queue, now: () => nowMs, reportDefect };
  const handleInvocation = createHandleInvocation({ ...common, makeLink, leaseSeconds: 45 });
  return createExportHandler({ ...common, handleInvocation });
}

const message = (body: unknown, messageId = 'm1') => ({
  messageId,
  receiptHandle: `receipt-${messageId}`,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const anExport = () => ({
  export_id: newExportId(nowMs),
  request: { view_name: 'item_master' },
  delivery: {},
  trigger: { kind: 'api' as const },
  created_at: new Date(nowMs).toISOString(),
});
const context = { getRemainingTimeInMillis: () => 60_000 };
const failed: RunExport = ({ message: given }) => {
  const problem = { code: 'origin-failed' as const, title: 't', detail: 'd' };
  const record = {
    ...queuedRecord(given),
    revision: 1,
    writer: 'w',
    status: 'failed' as const,
    finished_at: '',
    problem,
  };
  return Promise.resolve({ record });
};

describe('a batch', () => {
  test('gives nothing back when every export has ended, however it ended', async () => {
    const event = { Records: [message(anExport()), message(anExport(), 'm2')] };
    expect(await handlerOf(failed)(event, context)).toEqual({ batchItemFailures: [] });
  });

  test("gives a message back until another's lease ends", async () => {
    const handler = handlerOf(() => Promise.resolve({ retryAfterMs: 12_345 }));
    expect(await handler({ Records: [message(anExport())] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    expect(calls).toEqual([['hide', 'receipt-m1', 13]]);
    expect(defects).toEqual([]);
  });

  test('gives back what broke, and only that', async () => {
    const [good, bad] = [anExport(), anExport()];
    const handler = handlerOf((cause) =>
      cause.message.export_id === bad.export_id ? Promise.reject(new Error('S3 is away')) : failed(cause),
    );
    const event = { Records: [message(good), message(bad, 'm2')] };
    expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
    expect(defects).toEqual(['message m2: Error: S3 is away']);
  });

  test('gives back an export whose remains could not be removed, so that it is done later', async () => {
    const handler = handlerOf(failed, () => Promise.reject(new Error('S3 is away')));
    expect(await handler({ Records: [message(anExport())] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
  });

  test('hides its message as long as the run asks', async () => {
    const handler = handlerOf(async (cause) => {
      await cause.hideMessage?.(60);
      return failed(cause);
    });
    await handler({ Records: [message(anExport())] }, context);
    expect(calls).toEqual([['hide', 'receipt-m1', 60]]);
  });

  test.each(['{"password": "hunter2', '{"export_id": "hunter2"}', 'hunter2'])(
    'gives back %s, which nobody can parse, and does not log it',
    async (body) => {
      expect(await handlerOf(failed)({ Records: [message(body)] }, context)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'm1' }],
      });
      expect(defects).toHaveLength(1);
      expect(defects.join()).not.toContain('hunter2');
    },
  );
});

describe('a direct invocation', () => {
  test('first sends the message that takes over should it die, delayed by one lease', async () => {
    const handler = handlerOf((cause) => {
      calls.push(['run', cause.message.export_id, cause.endsAtMs, cause.hideMessage]);
      return failed(cause);
    });
    const answer = await handler({ view_name: 'item_master' }, context);
    expect(answer).toMatchObject({ status: 'failed', trigger: { kind: 'invoke' }, problem: { code: 'origin-failed' } });
    const id = 'export_id' in answer ? answer.export_id : '';
    expect(calls).toEqual([
      ['sendDelayed', id, 45],
      ['run', id, nowMs + 60_000, undefined],
    ]);
  });

  test('answers the export even where its remains could not be removed', async () => {
    const handler = handlerOf(failed, () => Promise.reject(new Error('S3 is away')));
    expect(await handler({ view_name: 'item_master' }, context)).toMatchObject({ status: 'failed' });
    expect(defects).toHaveLength(1);
  });
});
