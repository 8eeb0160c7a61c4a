import { readFile } from 'node:fs/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test, vi } from 'vitest';
import { createApiFunction } from '../../functions/api/api-function.ts';
import { createExportFunction } from '../../functions/export/export-function.ts';
import { metrics } from '../../functions/ledger/metric-names.ts';
import { facts, logFields } from '../../functions/ledger/observer.ts';
import { lambdaContext } from '../../sandbox/lambda-context.ts';
import { type ObservedProxy, startObservedProxy } from '../support/observed-proxy.ts';
import { answerWith, sendWorkbook } from '../support/scripted-origin.ts';
import { partOf } from '../support/workbook-parts.ts';
import { smallWorkbook } from '../support/workbooks.ts';
import { zipOf } from '../support/zips.ts';
import { webhookEvent } from '../support/webhook-event.ts';

const once = (...dimensions: object[]) => [{ value: 1, dimensions }];
const workbook = Buffer.from(await smallWorkbook());

/** The workbook with some of its bytes changed. */
function spoiled(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(workbook);
  change(bytes);
  return bytes;
}

/** The second export has the session of the first. */
async function failWith(system: ObservedProxy, answer: Parameters<ObservedProxy['origin']['answerExport']>[0]) {
  system.origin.answerExport(answer);
  await (await system.create()).text();
}

describe('an export', () => {
  test('that is ready is counted by trigger and outcome, its link and workbook measured', async () => {
    const system = await startObservedProxy();
    const shown = await (await system.create()).text();
    const { measured } = system;
    expect(measured('Exports')).toEqual(once({}, { outcome: 'ready' }, { trigger: 'api', outcome: 'ready' }));
    const {
      created_at,
      finished_at,
      workbook: made,
    }: { created_at: string; finished_at: string; workbook: { bytes: number } } = JSON.parse(shown);
    expect(measured('TimeToLink')).toEqual([
      { value: Date.parse(finished_at) - Date.parse(created_at), dimensions: [{}, { trigger: 'api' }] },
    ]);
    expect(measured('WorkbookBytes')).toEqual([{ value: made.bytes, dimensions: [{}] }]);
    expect(measured('QueueAge')).toEqual([{ value: expect.any(Number), dimensions: [{}] }]);
    // The log-in, and the export.
    expect(measured('OriginCalls')).toEqual([...once({}, { outcome: 'ok' }), ...once({}, { outcome: 'ok' })]);
    expect(measured('LogIns')).toEqual(once({}));
    for (const none of ['RefusedLogIns', 'ProofFailures', 'EventFailures', 'Defects'])
      expect(measured(none)).toEqual([]);
    expect(system.told('export ended')).toMatchObject([
      { view_name: 'item_master', trigger: 'api', outcome: 'ready', attempts: 1, bytes: made.bytes },
    ]);
    expect(system.told('answered')).toMatchObject([{ route: 'POST /exports/{view_name}', status: 201 }]);
  });

  test('of a direct invocation has lain in no queue', async () => {
    const system = await startObservedProxy();
    await system.proxy.invokeExport({ view_name: 'item_master' });
    expect(system.measured('Exports')).toEqual(once({}, { outcome: 'ready' }, { trigger: 'invoke', outcome: 'ready' }));
    expect(system.measured('QueueAge')).toEqual([]);
  });

  test('that failed is counted by its code, and measures no link', async () => {
    const system = await startObservedProxy();
    await failWith(system, answerWith(400, '{"Code":"ExcelExportWithoutExtra"}'));
    const outcome = 'view-not-exportable';
    expect(system.measured('Exports')).toEqual(once({}, { outcome }, { trigger: 'api', outcome }));
    expect(system.measured('TimeToLink')).toEqual([]);
    expect(system.measured('OriginCalls').at(-1)?.dimensions).toEqual([{}, { outcome: '4xx' }]);
  });
});

describe('a call to the origin', () => {
  test.each([
    ['500', '5xx', answerWith(500, '')],
    ['503', 'origin-busy', answerWith(503, '', { 'retry-after': '1000' })],
    ['a redirect', '3xx', answerWith(302, '', { location: '/' })],
  ])('that is answered with %s counts as %s', async (_name, outcome, answer) => {
    const system = await startObservedProxy();
    await failWith(system, answer);
    expect(system.measured('OriginCalls').at(-1)?.dimensions).toEqual([{}, { outcome }]);
  });

  test('whose answer breaks in the middle counts once, as broken', async () => {
    const system = await startObservedProxy();
    await failWith(system, (request, response) => {
      response.writeHead(200, {
        'content-type': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        'content-length': '5000',
      });
      response.write(workbook.subarray(0, 100), () => request.socket.destroy());
    });
    const outcomes = system.measured('OriginCalls').map(({ dimensions }) => dimensions.at(-1)?.['outcome']);
    // The log-in, and three tries.
    expect(outcomes).toEqual(['ok', 'origin-failed', 'origin-failed', 'origin-failed']);
  });
});

describe('a log-in', () => {
  test('that is refused is counted as one that was tried, and as refused', async () => {
    const system = await startObservedProxy();
    system.origin.answerLogIn(answerWith(401, '{"Code":"User.InvalidCredentials"}'));
    await (await system.create()).text();
    expect(system.measured('LogIns')).toEqual(once({}));
    expect(system.measured('RefusedLogIns')).toEqual(once({}));
    expect(system.told('log-in tried')).toMatchObject([{ outcome: 'refused' }]);
  });
});

describe('a proof that fails is counted by its reason:', () => {
  test.each([
    ['not-xlsx', answerWith(200, '<html>', { 'content-type': 'text/html' })],
    ['not-xlsx', sendWorkbook(Buffer.from('<html>'))],
    ['cut', sendWorkbook(workbook.subarray(0, -30))],
    ['cut', sendWorkbook(workbook.subarray(0, 60))],
    // The CRC-32 in the first local header.
    ['checksum', sendWorkbook(spoiled((bytes) => bytes.writeUInt32LE(1, 14)))],
    [
      'not-inflatable',
      sendWorkbook(spoiled((bytes) => bytes.fill(0xff, 30 + bytes.readUInt16LE(26), 40 + bytes.readUInt16LE(26)))),
    ],
    ['zip-structure', sendWorkbook(Buffer.concat([workbook, Buffer.from('more')]))],
    ['parts', sendWorkbook(zipOf([partOf('notes.txt', 'x')]))],
  ])('%s', async (outcome, answer) => {
    const system = await startObservedProxy();
    await failWith(system, answer);
    expect(system.measured('ProofFailures')).toEqual(once({}, { outcome }));
    expect(system.told('proof failed')).toMatchObject([{ view_name: 'item_master', outcome }]);
  });
});

test('a message that nobody can parse is a defect, counted and logged without its words', async () => {
  const { proxy, measured, told } = await startObservedProxy();
  const { endpoint, region, credentials, accountId } = proxy.aws;
  const sqs = new SQSClient({ endpoint, region, credentials });
  await sqs.send(
    new SendMessageCommand({ QueueUrl: `${endpoint}/${accountId}/exports`, MessageBody: '{"a":"hunter2"}' }),
  );
  await vi.waitFor(() => expect(measured('Defects')).toEqual(once({})), { timeout: 10_000 });
  const [defect] = told('defect');
  expect(defect).toMatchObject({ level: 'ERROR', error: 'Error', where: expect.stringMatching(/^message /) });
  expect(String(defect?.['stack'])).toMatch(/^ +at .*handler/);
});

describe("the environment's METRICS_NAMESPACE", () => {
  const environment = {
    BUCKET_NAME: 'b',
    QUEUE_URL: 'http://127.0.0.1:9/q',
    LINK_ROLE_ARN: 'l',
    SECRET_ID: 's',
    SESSION_KEY_SECRET_ID: 'k',
    METRICS_NAMESPACE: 'Acme/Knosc',
  };
  const unreadable = { Records: [{ messageId: 'm', receiptHandle: 'r', body: '{}' }] };
  const context = { getRemainingTimeInMillis: () => 60_000 };
  const strangersWebhook = webhookEvent({ name: 'none', body: Buffer.from('{}') });

  test('is where both functions measure', async () => {
    const lines: string[] = [];
    const writeLine = (line: string) => lines.push(line);
    await createExportFunction(environment, { writeLine })(unreadable, context);
    await createApiFunction(environment, { writeLine })(strangersWebhook, lambdaContext('api', 30, 'r', 'a'));
    const namespaces = lines.flatMap((line) => /"Namespace":"([^"]*)"/.exec(line)?.[1] ?? []);
    expect(namespaces).toEqual(['Acme/Knosc', 'Acme/Knosc']);
  });

  test.each([
    ['api', createApiFunction],
    ['export', createExportFunction],
  ])('that CloudWatch would refuse stops the %s function at its start', (_name, create) => {
    expect(() => create({ ...environment, METRICS_NAMESPACE: 'AWS/Lambda' })).toThrow(
      'must be a namespace of CloudWatch',
    );
  });
});

describe('docs/metrics.md', async () => {
  const text = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(
    ([, name = '', rest = '']) => [name, rest.split(' | ')] as const,
  );

  test('describes every metric with its unit and dimensions, and no other', () => {
    const described = rows.filter(([name]) => /^[A-Z]/.test(name)).map(([name, [unit, sets]]) => [name, unit, sets]);
    const setWords = (sets: readonly (readonly string[])[]) =>
      sets.map((set) => (set.length === 0 ? 'none' : set.join(' and '))).join('; ');
    expect(described).toEqual(
      Object.entries(metrics).map(([name, { unit, dimensionSets }]) => [name, unit, setWords(dimensionSets)]),
    );
  });

  test('describes every line of the log and every field in it, and no other', () => {
    expect(rows.map(([name]) => name).filter((name) => /^[a-z]/.test(name))).toEqual([...facts, ...logFields]);
  });
});
