import { createServer } from 'node:http';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAnnounce } from '../../../../functions/export/announce/announce.ts';
import { createPutEvent, type PutEvent } from '../../../../functions/export/announce/event-bus.ts';
import { type ExportEvent, eventOf } from '../../../../functions/export/announce/event.ts';
import type { ReadyRecord, TerminalRecord } from '../../../../functions/ledger/record.ts';
import { keptObserver } from '../../../support/observer.ts';
import { newRecordOf } from '../../../support/records.ts';

const createdMs = Date.UTC(2026, 10, 23, 10, 15);

function recordOf<Status extends TerminalRecord['status']>(
  status: Status,
): Extract<TerminalRecord, { status: Status }> {
  const record = { ...newRecordOf(status, createdMs), revision: 3, writer: 'w' };
  const isOne = (given: object): given is Extract<TerminalRecord, { status: Status }> =>
    'status' in given && given.status === status;
  if (!isOne(record)) throw new Error(`no record is ${status}`);
  return record;
}

function announceOver(putEvent: PutEvent) {
  const observer = keptObserver();
  return { observer, announce: createAnnounce({ putEvent, observer }) };
}

describe('announcing', () => {
  test.each([
    ['ready', ['Export Ready']],
    ['failed', ['Export Failed']],
    ['cancelled', []],
    ['deleted', []],
  ] as const)('an export that is %s puts %j on the bus', async (status, types) => {
    const events: ExportEvent[] = [];
    const { announce } = announceOver((event) => Promise.resolve(void events.push(event)));
    expect(await announce(recordOf(status))).toBe(true);
    expect(events.map(({ detailType }) => detailType)).toEqual(types);
  });

  test('that fails is counted and said without a foreign word, and has to be done again', async () => {
    const error = Object.assign(new Error('hunter2'), { name: 'hunter2 (said somebody)', code: 'ThrottlingException' });
    const { announce, observer } = announceOver(() => Promise.reject(error));
    const record = recordOf('failed');
    expect(await announce(record)).toBe(false);
    const about = { export_id: record.export_id, view_name: 'item_master' };
    expect(observer.measured).toEqual([['EventFailures', 1, {}]]);
    expect(observer.told).toEqual([
      ['event not sent', { ...about, error: 'unnamed', error_code: 'ThrottlingException' }],
    ]);
  });
});

describe('EventBridge', () => {
  /** Puts an event on a bus whose every answer, with status 200, is this. */
  async function putTo(answer: object): Promise<void> {
    const server = createServer((_request, response) => response.end(JSON.stringify(answer)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const client = new EventBridgeClient({
      endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    });
    await createPutEvent(() => client, 'default')(eventOf(recordOf('failed')));
  }

  test.each([
    ['refuses the event', { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'x' }] }],
    ['names no event', { FailedEntryCount: 0, Entries: [] }],
  ])('that answers well and %s has not taken it', async (_name, answer) => {
    await expect(putTo(answer)).rejects.toMatchObject({ name: 'RefusedEvent' });
  });

  test('that names the event has taken it', async () => {
    await expect(putTo({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] })).resolves.toBeUndefined();
  });
});

describe('an event', () => {
  test('tells which webhook or schedule asked, and no caller', () => {
    const asked = (trigger: ReadyRecord['trigger']) => eventOf({ ...recordOf('ready'), trigger }).detail.trigger;
    expect(asked({ kind: 'webhook', name: 'po-changed' })).toEqual({ kind: 'webhook', name: 'po-changed' });
    expect(asked({ kind: 'api', caller: 'AROA1' })).toEqual({ kind: 'api' });
  });

  test('lists fifty sheets of more, cuts their names, and stays under 64 KB whatever they are called', () => {
    const record = recordOf('ready');
    const sheets = Array.from({ length: 3_000 }, () => ({ name: '\u0001'.repeat(5_000), rows: 2 }));
    const { detail } = eventOf({ ...record, workbook: { ...record.workbook, sheets } });
    expect(detail).toMatchObject({ workbook: { rows: 6_000, sheet_count: 3_000, sheets: { length: 50 } } });
    expect(JSON.stringify(detail).length).toBeLessThan(64_000);
  });
});
