import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runExportCommand } from '../../bin/export/run.ts';
import { scheduleSchema } from '../../lib/settings/schedule.ts';
import { type LocalExportProxy, startExportProxy } from '../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { rowsOf } from '../support/workbooks.ts';

let knosc: KnoscSandbox;
let proxy: LocalExportProxy;
let folder: string;
let directory: string;

const schedule = (request: object, more: object = {}) =>
  scheduleSchema.parse({ expression: 'cron(0 6 * * ? *)', export: request, ...more });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-run-schedule-'));
  knosc = await startKnosc({ orders: 50 });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({
    port: 0,
    account: { base_url: knosc.url, username, password },
    schedules: {
      'nightly-po': schedule(
        {
          view_name: 'purchase_order_list',
          filters: { 'PO List Order Date': '{yesterday}', 'PO List Document Status': ['Open', '{{x}}'] },
        },
        { enabled: false, delivery: { file_name: 'orders' } },
      ),
      broken: schedule({ view_name: 'no_such_view' }),
    },
  });
});

beforeEach(async () => {
  folder = await mkdtemp(join(directory, 'out-'));
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
  await rm(directory, { recursive: true });
});

async function run(args: readonly string[], url = proxy.url, signal = new AbortController().signal) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const words = text(stderr);
  const printed = text(stdout);
  const environment = { KNOSC_EXPORT_URL: url };
  const code = await runExportCommand(['run-schedule', ...args], { environment, stdout, stderr, signal });
  stdout.end();
  stderr.end();
  return { code, stdout: await printed, stderr: await words };
}

describe('run-schedule', () => {
  test('fires a schedule that is not even enabled, follows its export, and saves the workbook', async () => {
    const out = join(folder, 'po.xlsx');
    const { code, stdout, stderr } = await run(['nightly-po', '--out', out]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${out}\n` });
    expect(stderr).toMatch(/^Schedule nightly-po has fired for \d{4}-\S+\.000Z\n/);
    expect(stderr).toMatch(/^Export \w{26} of purchase_order_list$/m);
    expect((await rowsOf(await readFile(out)))[0]).toContain('PO List Number');
  });

  test('with --json prints the export, with trigger and dates', async () => {
    const { code, stdout } = await run(['nightly-po', '--json', '--no-download', '--quiet']);
    expect(code).toBe(0);
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'ready',
      trigger: { kind: 'schedule', name: 'nightly-po', fire_time: expect.stringMatching(/:\d\d\.000Z$/) },
      request: { filters: { 'PO List Order Date': yesterday, 'PO List Document Status': ['Open', '{x}'] } },
      workbook: { file_name: 'orders.xlsx' },
    });
  });

  test('tells why its export failed, and exits with 1', async () => {
    const { code, stderr } = await run(['broken']);
    expect(code).toBe(1);
    expect(stderr).toContain('(view-not-exportable)');
  });

  test('of a name that is not known lists those that are, and exits with 1', async () => {
    expect(await run(['nightly'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `The proxy at ${proxy.url} has no schedule nightly; it has nightly-po, broken.\n`,
    });
  });

  test('fires nothing that could not be saved', async () => {
    const before = (await knosc.calls()).length;
    const { code, stderr } = await run(['nightly-po', '--out', join(folder, 'none', 'po.xlsx')]);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no folder');
    expect((await knosc.calls()).length).toBe(before);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    [[], 'NAME is missing; give the name of a schedule'],
    [['Nightly'], 'NAME is "Nightly"; schedules are called by'],
    [['a', 'b'], '"b" is too much; run-schedule NAME takes no more'],
    [['a', '--limit', '1'], '--limit does not go with run-schedule'],
  ])('%j is a wrong command line', async (args, words) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('says how to go on when it is stopped while the message waits', async () => {
    const fired = { schedule: 'nightly-po', fire_time: '2026-11-27T05:00:00.000Z', view_name: 'item_master' };
    const stopping = new AbortController();
    const answers = [
      { status: 202, document: fired },
      { status: 200, document: { exports: [] } },
    ];
    const url = await answering(() => {
      if (answers.length === 1) setTimeout(() => stopping.abort(), 20);
      return answers.shift();
    });
    const { code, stderr } = await run(['nightly-po'], url, stopping.signal);
    expect(code).toBe(130);
    expect(stderr).toContain('Its export goes on without this program. Find it: knosc-export list item_master');
  });
});

describe('run-schedule on a deployed proxy', () => {
  const problem = { code: 'route-not-found', title: 'There is no such route', detail: 'd', request_id: 'r' };
  test.each([
    ['its function knows no such route', { status: 404, document: problem }],
    ['its gateway knows no such route', { status: 404, document: { message: 'Not Found' } }],
    ['its gateway lets nobody there', { status: 403, document: { message: 'Forbidden' } }],
  ])('explains that EventBridge fires it, and how to do so by hand, where %s', async (_name, answer) => {
    const url = await answering(() => answer);
    const { code, stderr } = await run(['nightly-po'], url);
    expect(code).toBe(1);
    expect(stderr).toContain(`The proxy at ${url} fires no schedule by hand (status ${answer.status})`);
    expect(stderr).toContain('aws scheduler get-schedule --group-name GROUP --name nightly-po --query Target.Input');
    expect(stderr).toContain('aws sqs send-message --queue-url QUEUE_URL --message-body file://nightly-po.json');
  });

  test('fires once, even where the answer is lost', async () => {
    let calls = 0;
    const url = await answering(() => {
      calls += 1;
      return undefined;
    });
    expect((await run(['nightly-po'], url)).code).toBe(3);
    expect(calls).toBe(1);
  });
});

/** A server that answers as it is told; `undefined` breaks the connection. */
async function answering(next: () => { status: number; document: unknown } | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const answer = next();
    request.resume();
    if (!answer) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.document));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}
