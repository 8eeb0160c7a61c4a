import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { type CallProxy, sameAnswers } from '../support/same-answers.ts';
import { standardHeaders, standardSecret } from '../support/webhook-sender.ts';
import { type SlowFront, startSlowFront } from '../support/slow-front.ts';
import { type Deployment, deploy } from './deployment.ts';
import { type Emulator, startEmulator } from './emulator.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

let knosc: KnoscSandbox;
let front: SlowFront;
let emulator: Emulator;
let deployment: Deployment;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 50 });
  front = await startSlowFront(knosc.url);
  emulator = await startEmulator();
  const { username, password } = seededUsers.full;
  const account = { base_url: front.url, username, password };
  const settings = {
    webhooks: { 'item-changed': { secret: 'knosc/item-changed', export: { view_name: 'item_master' } } },
    // Deployed, and never fired here.
    schedules: { yearly: { expression: 'cron(0 3 1 1 ? *)', export: { view_name: 'item_master' } } },
  };
  deployment = await deploy(emulator, account, settings, { 'knosc/item-changed': standardSecret });
});

afterAll(async () => {
  await emulator.close();
  await front.close();
  await knosc.close();
});

/** By path, since names under execute-api.localhost resolve on few machines, and /health of that host is the emulator's own. */
const callDeployed: CallProxy = async (method, path, { body, headers = {} } = {}) => {
  const [apiId] = new URL(deployment.outputs.ApiUrl).host.split('.');
  const answer = await request(`${emulator.endpoint}/_aws/execute-api/${apiId}/$default${path}`, {
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).parse(method),
    headers,
    ...(body !== undefined && { body }),
  });
  const flat = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return { status: answer.statusCode, headers: Object.fromEntries(flat), body: await answer.body.text() };
};

const exportSchema = z.looseObject({ export_id: z.string(), status: z.string() });

describe('the deployed stack, as on this machine,', () => {
  test.each(sameAnswers)('$name', async ({ check }) => {
    await check(callDeployed);
  });

  test("answers a slow export with 202 at the gateway's limit, and with the same run when it ends", async () => {
    const release = front.hold();
    const created = await callDeployed('POST', '/exports/item_master');
    expect(created.status).toBe(202);
    const path = created.headers['location'] ?? '';
    const { export_id } = exportSchema.parse(JSON.parse(created.body));
    release();
    const ended = await callDeployed('GET', `${path}?wait=20`);
    expect(exportSchema.parse(JSON.parse(ended.body))).toMatchObject({ export_id, status: 'ready', attempts: 1 });
  });

  test('takes a signed webhook, answers its redelivery with the same export, and refuses one that was changed', async () => {
    const body = JSON.stringify({ item: 'A-1' });
    const headers = standardHeaders(body);
    const deliver = (sent: string) => callDeployed('POST', '/webhooks/item-changed', { headers, body: sent });
    const first = await deliver(body);
    expect(first.status).toBe(202);
    const { export_id } = exportSchema.parse(JSON.parse(first.body));
    expect(exportSchema.parse(JSON.parse((await deliver(body)).body)).export_id).toBe(export_id);
    expect((await deliver(`${body} `)).status).toBe(401);
    const ended = await callDeployed('GET', `/exports/item_master/${export_id}?wait=20`);
    expect(exportSchema.parse(JSON.parse(ended.body))).toMatchObject({
      status: 'ready',
      trigger: { kind: 'webhook', name: 'item-changed' },
    });
  });

  test('answers a direct invocation of the export function with the export and its link', async () => {
    // The emulator's Lambda is called as the SDK would, without one more SDK client in the project.
    const { body } = await request(
      `${emulator.endpoint}/2015-03-31/functions/${deployment.outputs.ExportFunctionName}/invocations`,
      {
        method: 'POST',
        headers: {
          authorization:
            'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: JSON.stringify({ view_name: 'item_master' }),
      },
    );
    const shown = z
      .object({
        status: z.literal('ready'),
        trigger: z.object({ kind: z.literal('invoke') }),
        link: z.object({ url: z.string() }),
      })
      .parse(await body.json());
    expect((await fetch(shown.link.url)).status).toBe(200);
  });
});

test('the contract of the AWS sandbox holds for the emulator too, but for its declared gaps', async () => {
  const { stdout } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'contract'], {
    cwd: root,
    env: {
      ...process.env,
      ...emulator.environment,
      CONTRACT_ENDPOINT: emulator.endpoint,
      CONTRACT_SERVER: 'ministack',
      NO_COLOR: '1',
    },
  });
  expect(stdout).toMatch(/Tests .* passed/);
  expect(stdout).toMatch(/\d+ expected fail/);
});

test('removing the stack takes the API with it', async () => {
  expect((await callDeployed('GET', '/health')).body).toBe('{"status":"ok"}');
  await deployment.destroy();
  expect((await callDeployed('GET', '/health')).status).not.toBe(200);
});
