import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { createSigner, type Sign } from '../../bin/export/signer.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { type CallProxy, sameAnswers } from '../support/same-answers.ts';
import { standardHeaders, standardSecret } from '../support/webhook-sender.ts';
import { type SlowFront, startSlowFront } from '../support/slow-front.ts';
import { type Deployment, deploy } from './deployment.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { pythonPrograms } from './python.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

let knosc: KnoscSandbox;
let front: SlowFront;
let emulator: Emulator;
let deployment: Deployment;
let sign: Sign;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 50 });
  front = await startSlowFront(knosc.url);
  emulator = await startEmulator();
  const { username, password } = seededUsers.full;
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, emulator.environment[name]);
  sign = createSigner(emulator.region);
  const account = { base_url: front.url, username, password };
  const settings = {
    webhooks: { 'item-changed': { secret: 'knosc/item-changed', export: { view_name: 'item_master' } } },
    schedules: { 'every-minute': { expression: 'rate(1 minute)', export: { view_name: 'unit_master' } } },
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
  const url = new URL(`${emulator.endpoint}/_aws/execute-api/${apiId}/$default${path}`);
  const answer = await fetch(url, {
    method,
    headers: await sign({ method, url, headers, body }),
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
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
    const directory = await mkdtemp(join(tmpdir(), 'knosc-invoke-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const answer = join(directory, 'answer.json');
    const payload = join(directory, 'payload.json');
    await writeFile(payload, JSON.stringify({ view_name: 'item_master' }));
    const { ExportFunctionName } = deployment.outputs;
    const words = [
      'lambda',
      'invoke',
      '--function-name',
      ExportFunctionName,
      '--payload',
      `fileb://${payload}`,
      answer,
    ];
    await run(join(pythonPrograms, 'aws'), words, { env: { ...process.env, ...emulator.environment } });
    const shown = z
      .object({
        status: z.literal('ready'),
        trigger: z.object({ kind: z.literal('invoke') }),
        link: z.object({ url: z.string() }),
      })
      .parse(JSON.parse(await readFile(answer, 'utf8')));
    expect((await fetch(shown.link.url)).status).toBe(200);
  });
});

test('a signature made with another secret key is refused, and so is none', async () => {
  const [apiId] = new URL(deployment.outputs.ApiUrl).host.split('.');
  const url = new URL(`${emulator.endpoint}/_aws/execute-api/${apiId}/$default/views`);
  expect((await fetch(url)).status).toBe(403);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
  onTestFinished(() => void vi.stubEnv('AWS_SECRET_ACCESS_KEY', emulator.environment['AWS_SECRET_ACCESS_KEY']));
  const wrong = await createSigner(emulator.region)({ method: 'GET', url, headers: {}, body: undefined });
  expect((await fetch(url, { headers: wrong })).status).toBe(403);
});

test('the contract of the AWS sandbox holds for the emulator too, but for its declared gaps', async () => {
  const env = { ...process.env, ...emulator.environment };
  // The contract's role, which the sandbox has from the start.
  const allow = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
  };
  const named = ['--role-name', 'link'];
  await run(
    join(pythonPrograms, 'aws'),
    ['iam', 'create-role', ...named, '--assume-role-policy-document', JSON.stringify(trust)],
    { env },
  );
  const policy = ['--policy-name', 'link', '--policy-document', JSON.stringify(allow)];
  await run(join(pythonPrograms, 'aws'), ['iam', 'put-role-policy', ...named, ...policy], { env });
  const { stdout } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'contract'], {
    cwd: root,
    env: { ...env, CONTRACT_ENDPOINT: emulator.endpoint, CONTRACT_SERVER: 'ministack', NO_COLOR: '1' },
  });
  expect(stdout).toMatch(/Tests .* passed/);
  expect(stdout).toMatch(/\d+ expected fail/);
});

test('a schedule that fires puts its export into the bucket', { timeout: 180_000 }, async () => {
  const newest = z.object({ exports: z.array(z.looseObject({ status: z.string(), trigger: z.unknown() })) });
  await expect
    .poll(async () => newest.parse(JSON.parse((await callDeployed('GET', '/exports/unit_master')).body)).exports[0], {
      timeout: 150_000,
      interval: 2_000,
    })
    .toMatchObject({ status: 'ready', trigger: { kind: 'schedule', name: 'every-minute' } });
});

test('removing the stack takes the API with it', async () => {
  expect((await callDeployed('GET', '/health')).body).toBe('{"status":"ok"}');
  await deployment.destroy();
  expect((await callDeployed('GET', '/health')).status).not.toBe(200);
});
