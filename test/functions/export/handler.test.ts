import { beforeEach, describe, expect, test } from 'vitest';
import { createExportHandler } from '../../../functions/export/handler.ts';
import type { Announce } from '../../../functions/export/announce/announce.ts';
import type { RunExport } from '../../../functions/export/run-export.ts';
import { exportOf } from '../../../functions/ledger/export.ts';
import { newExportId } from '../../../functions/ledger/export-id.ts';
import { queuedRecord } from '../../../functions/ledger/export-message.ts';
import { ExportFailure } from '../../../functions/ledger/failure.ts';
import type { RemoveWorkbooks } from '../../../functions/ledger/workbooks.ts';
import { keptObserver, type KeptObserver } from '../../support/observer.ts';

const nowMs = 1_795_428_900_000;
let calls: unknown[][];
let observer: KeptObserver;

beforeEach(() => {
  calls = [];
  observer = keptObserver();
});

function handlerOf(
  runExport: RunExport,
  removeWorkbooks: RemoveWorkbooks = () => Promise.resolve(),
  announce: Announce = () => Promise.resolve(true),
) {
  return createExportHandler({
    runExport,
    removeWorkbooks,
    announce,
    queue: {
      sendDelayed: () => Promise.reject(new Error('a batch sends nothing')),
      hide: (receiptHandle, seconds) => Promise.resolve(void calls.push(['hide', receiptHandle, seconds])),
    },
    claimFireTime: (scheduled) => {
      calls.push(['claimed', scheduled.schedule, scheduled.fire_time]);
      return Promise.resolve({ ...anExport(), trigger: { kind: 'schedule', name: scheduled.schedule } });
    },
    handleInvocation: (payload, endsAtMs) => {
      calls.push(['invoked', payload, endsAtMs]);
      const record = { ...queuedRecord(anExport()), revision: 1, writer: 'w' };
      return exportOf(record, { makeLink: () => Promise.reject(new Error('no link')), now: () => nowMs });
    },
    now: () => nowMs,
    observer,
  });
}

const message = (body: unknown, messageId = 'm1', receives = 1) => ({
  messageId,
  attributes: { ApproximateReceiveCount: String(receives) },
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
    expect(observer.defects).toEqual([]);
  });

  test('gives back what broke, and only that', async () => {
    const [good, bad] = [anExport(), anExport()];
    const handler = handlerOf((cause) =>
      cause.message.export_id === bad.export_id ? Promise.reject(new Error('S3 is away')) : failed(cause),
    );
    const event = { Records: [message(good), message(bad, 'm2')] };
    expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
    expect(observer.defects).toEqual([['message m2', new Error('S3 is away')]]);
    expect(observer.measured).toEqual([]);
  });

  test('gives back an export whose remains could not be removed, so that it is done later', async () => {
    const handler = handlerOf(failed, () => Promise.reject(new Error('S3 is away')));
    expect(await handler({ Records: [message(anExport())] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
  });

  test("runs the export of a schedule's fire time", async () => {
    const scheduled = {
      schedule: 'nightly',
      fire_time: '2026-11-27T05:00:00Z',
      time_zone: 'Europe/Berlin',
      request: { view_name: 'item_master' },
      delivery: {},
    };
    const handler = handlerOf((cause) => {
      calls.push(['run', cause.message.trigger]);
      return failed(cause);
    });
    expect(await handler({ Records: [message(scheduled)] }, context)).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([
      ['claimed', 'nightly', '2026-11-27T05:00:00Z'],
      ['run', { kind: 'schedule', name: 'nightly' }],
    ]);
  });

  test('says of what AWS refused that it is given back, and calls it no defect', async () => {
    const handler = handlerOf(() => Promise.reject(new ExportFailure('store-failed', 'S3 is away')));
    await handler({ Records: [message(anExport())] }, context);
    expect(observer.told).toEqual([['message given back', { message_id: 'm1', code: 'store-failed' }]]);
    expect(observer.measured).toEqual([['MessagesGivenBack', 1, {}]]);
    expect(observer.defects).toEqual([]);
  });

  test('announces what has ended as the last thing it does', async () => {
    const steps: string[] = [];
    const handler = handlerOf(
      failed,
      () => Promise.resolve(void steps.push('removed')),
      ({ status }) => Promise.resolve(steps.push(`announced ${status}`) > 0),
    );
    await handler({ Records: [message(anExport())] }, context);
    expect(steps).toEqual(['removed', 'announced failed']);
  });

  test.each([
    [1, 30],
    [2, 60],
    [5, 480],
    [6, 900],
    [99, 900],
  ])('that came %i times and could not be announced is given back for %i s', async (receives, seconds) => {
    const handler = handlerOf(failed, undefined, () => Promise.resolve(false));
    expect(await handler({ Records: [message(anExport(), 'm1', receives)] }, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    expect(calls).toEqual([['hide', 'receipt-m1', seconds]]);
  });

  test('hides its message as long as the run asks', async () => {
    const handler = handlerOf(async (cause) => {
      await cause.hideMessage?.(60);
      return failed(cause);
    });
    await handler({ Records: [message(anExport())] }, context);
    expect(calls).toEqual([['hide', 'receipt-m1', 60]]);
  });

  test.each(['{"password": "hunter2', '{"export_id": "hunter2"}', '{"schedule": "hunter2"}', 'hunter2'])(
    'gives back %s, which nobody can parse, and does not log it',
    async (body) => {
      expect(await handlerOf(failed)({ Records: [message(body)] }, context)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'm1' }],
      });
      expect(observer.defects).toHaveLength(1);
      expect(observer.defects.join()).not.toContain('hunter2');
    },
  );
});

test('anything but a batch is a direct invocation', async () => {
  expect(await handlerOf(failed)({ view_name: 'item_master' }, context)).toMatchObject({ status: 'queued' });
  expect(calls).toEqual([['invoked', { view_name: 'item_master' }, nowMs + 60_000]]);
});
