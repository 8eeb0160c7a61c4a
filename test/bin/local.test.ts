import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { startAws } from '../../sandbox/aws/start.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { createResources } from '../../sandbox/resources.ts';
import { rowsOf } from '../support/workbooks.ts';

const program = fileURLToPath(new URL('../../bin/local.ts', import.meta.url));
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-local-'));
});

afterAll(() => rm(directory, { recursive: true }));

/** The modules that every start compiles are compiled once for all of them. */
function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const NODE_COMPILE_CACHE = join(directory, 'compile-cache');
  return spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE, ...environment },
  });
}

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = start(args, environment);
  const [stdout, stderr, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: Number(code), lastLine: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

function textOf(stream: ChildProcess['stdout']): Promise<string> {
  return stream ? text(stream) : Promise.resolve('');
}

const shownSchema = z.looseObject({ status: z.string() });

describe('npm start --once', () => {
  test('exports, says what happened in words, and exits with 0', async () => {
    const { stdout, code } = await run(['--once', '--port', '0']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Exported purchase_order_list in \d+\.\d\d s/);
    expect(stdout).toMatch(/\d+ ms {2}logging in to Knosc/);
    expect(stdout).toMatch(/Workbook {2}s3:\/\/knosc-exports\/workbooks\/purchase_order_list\/\w+\/1\.xlsx/);
    expect(stdout).toMatch(/Link {6}http:\/\/127\.0\.0\.1:\d+\/\S+X-Amz-Signature=/);
  });

  test('with --json and --out leaves exactly the rows asked for, one JSON line, and all words on stderr', async () => {
    const outDirectory = await mkdtemp(join(directory, 'out-'));
    const out = join(outDirectory, 'po.xlsx');
    const args = [
      '--filter',
      'PO List Document Status=Open',
      '--sort',
      'PO List Quantity:Descending',
      '--limit',
      '20',
      '--offset',
      '5',
    ];
    const { stdout, stderr, code, lastLine } = await run(['--once', '--json', '--port', '0', '--out', out, ...args]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain('Exported purchase_order_list');
    expect(shownSchema.parse(JSON.parse(lastLine))).toMatchObject({
      status: 'ready',
      attempts: 1,
      trigger: { kind: 'api' },
      request: {
        view_name: 'purchase_order_list',
        filters: { 'PO List Document Status': 'Open' },
        index: { limit: 20, offset: 5 },
      },
      workbook: { sha256: expect.any(String) },
      link: { url: expect.any(String), expires_at: expect.any(String) },
    });
    const [header, ...rows] = await rowsOf(await readFile(out));
    expect(header).toContain('PO List Quantity');
    expect(rows).toHaveLength(20);
    expect(rows.every((row) => row[2] === 'Open')).toBe(true);
    const quantities = rows.map((row) => Number(row[5]));
    expect(quantities).toEqual(quantities.toSorted((a, b) => b - a));
    expect(await readdir(outDirectory)).toEqual(['po.xlsx']);
  });

  test('with --json prints a failed export with its problem, and exits with 1', async () => {
    const { lastLine, stderr, code } = await run(['--once', '--json', '--port', '0', '--view', 'no_such_view']);
    expect(code).toBe(1);
    expect(shownSchema.parse(JSON.parse(lastLine))).toMatchObject({
      status: 'failed',
      export_id: expect.any(String),
      problem: { code: 'view-not-exportable', status: 400, origin: { Code: 'ExcelExportWithoutExtra' } },
    });
    expect(stderr).toContain('Knosc said: ExcelExportWithoutExtra');
  });

  test('says where a workbook could not be saved, and exits with 1', async () => {
    const { stderr, code } = await run([
      '--once',
      '--port',
      '0',
      '--out',
      join(directory, 'no', 'such', 'folder', 'x.xlsx'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('could not be saved to');
  });
});

describe('npm start with another origin', () => {
  let knosc: KnoscSandbox;

  beforeAll(async () => {
    knosc = await startKnosc({ orders: 50 });
  });

  afterAll(() => knosc.close());

  const account = (username: string) => [
    '--origin',
    knosc.url,
    '--username',
    username,
    '--once',
    '--json',
    '--port',
    '0',
  ];

  test('logs in there, with the password from the environment', async () => {
    const { lastLine, code } = await run(account('export'), { KNOSC_PASSWORD: seededUsers.full.password });
    expect(shownSchema.parse(JSON.parse(lastLine)).status).toBe('ready');
    expect(code).toBe(0);
    expect((await knosc.calls()).map(({ path }) => path)).toEqual(['/api/authenticate', '/api/export-data']);
  });

  test('gives a TOTP code from the set-up key in the environment', async () => {
    const { password, totpSecret } = seededUsers.totp;
    const { lastLine } = await run(account('totp'), { KNOSC_PASSWORD: password, KNOSC_TOTP_SECRET: totpSecret });
    expect(shownSchema.parse(JSON.parse(lastLine)).status).toBe('ready');
  });

  test.each([
    ['a wrong password', 'export', 'wrong-password-1', 'credentials-unusable'],
    ['a 2FA account without set-up key', 'totp', seededUsers.totp.password, 'second-factor-needed'],
    ['a never-used account', 'newcomer', seededUsers.newcomer.password, 'first-sign-in-needed'],
  ])('fails with %s by its own code, and repeats no password', async (_name, username, password, code) => {
    const result = await run(account(username), { KNOSC_PASSWORD: password });
    expect(JSON.parse(result.lastLine)).toMatchObject({ problem: { code } });
    expect(result.code).toBe(1);
    expect(result.stdout + result.stderr).not.toContain(password);
  });

  test('keeps serving there too, and ends cleanly at SIGTERM', async () => {
    const args = ['--origin', knosc.url, '--username', 'export', '--port', '0'];
    const child = start(args, { KNOSC_PASSWORD: seededUsers.full.password });
    const url = await servingUrl(child);
    expect((await fetch(`${url}/exports/unit_master`, { method: 'POST' })).status).toBe(201);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('fails with origin-failed where nobody listens', async () => {
    const args = ['--origin', 'http://127.0.0.1:9', '--username', 'x', '--once', '--json', '--port', '0'];
    const { lastLine, code } = await run(args, { KNOSC_PASSWORD: 'x' });
    expect(JSON.parse(lastLine)).toMatchObject({ problem: { code: 'origin-failed' } });
    expect(code).toBe(1);
  });
});

describe('npm start --aws environment', () => {
  test('runs on the AWS that the environment describes', async () => {
    const knosc = await startKnosc({ orders: 50 });
    const aws = await startAws();
    const { username, password } = seededUsers.full;
    const resources = await createResources(aws, { base_url: knosc.url, username, password }, 900);
    const { lastLine, stderr, code } = await run(['--aws', 'environment', '--once', '--json', '--port', '0'], {
      ...resources,
      AWS_REGION: aws.region,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
    });
    expect(code).toBe(0);
    expect(stderr).toContain(`bucket ${resources.BUCKET_NAME}`);
    const shown = z.looseObject({ link: z.object({ url: z.string() }) }).parse(JSON.parse(lastLine));
    // The AWS is ours and lives on, so the link does too.
    expect((await fetch(shown.link.url)).status).toBe(200);
    await aws.close();
    await knosc.close();
  });

  test('names every variable that is missing', async () => {
    const { stderr, code } = await run(['--aws', 'environment', '--once'], {
      AWS_REGION: 'eu-central-1',
      QUEUE_URL: 'x',
    });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'missing or malformed: BUCKET_NAME, QUEUE_URL, SECRET_ID, SESSION_KEY_SECRET_ID, LINK_ROLE_ARN',
    );
  });
});

describe('npm start', () => {
  test('keeps serving until Ctrl-C, answers the curl line of its own words, and then ends cleanly', async () => {
    const child = start(['--port', '0']);
    const url = await servingUrl(child);
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    const created = await fetch(`${url}/exports/item_master`, { method: 'POST' });
    expect(created.status).toBe(201);
    const out = join(directory, 'curl.xlsx');
    const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
    const curl = spawn('curl', [
      '-sfL',
      '-H',
      `accept: ${type}`,
      '-H',
      'content-type: application/json',
      '-d',
      '{"view_name":"supplier_master"}',
      '-o',
      out,
      `${url}/api/export-data`,
    ]);
    expect(await once(curl, 'exit')).toEqual([0, null]);
    expect(await rowsOf(await readFile(out))).toHaveLength(41);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });

  test('refuses a taken port with a clear word', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { stderr, code } = await run(['--port', String(port)]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} is taken by another program. Choose another one`);
  });

  test('explains every option with --help', async () => {
    const { stdout, code } = await run(['--help']);
    expect(code).toBe(0);
    for (const option of [
      '--port',
      '--once',
      '--data',
      '--settings',
      '--json',
      '--out',
      '--view',
      '--filter',
      '--sort',
      '--limit',
      '--offset',
      '--origin',
      '--username',
    ]) {
      expect(stdout).toContain(option);
    }
  });

  test('refuses what it does not know, and points to --help', async () => {
    const { stderr, code } = await run(['--onse']);
    expect(code).toBe(2);
    expect(stderr).toContain("Unknown option '--onse'");
    expect(stderr).toContain('--help');
  });
});

/** The address it serves on, once it says so. Its words are read on, so that the pipe neither fills up nor breaks. */
function servingUrl(child: ChildProcess): Promise<string> {
  let words = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      words += String(chunk);
      const [, url] = /Serving on (\S+) until Ctrl-C/.exec(words) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', () => {
      reject(new Error(`it ended without serving: ${words}`));
    });
  });
}
