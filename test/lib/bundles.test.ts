import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { bundling } from '../../lib/proxy-function.ts';
import { type AwsSandbox, startAws } from '../../sandbox/aws/start.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { createResources, type FunctionEnvironment } from '../../sandbox/resources.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

let directory: string;
let aws: AwsSandbox;
let knosc: KnoscSandbox;
let environment: FunctionEnvironment;

/** What `NodejsFunction` hands to esbuild for the settings of lib/proxy-function.ts. */
const options: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: bundling.target,
  mainFields: bundling.mainFields,
  minify: bundling.minify,
  sourcemap: 'external',
  sourcesContent: bundling.sourcesContent,
  external: bundling.externalModules,
  banner: { js: bundling.banner },
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-bundles-'));
  for (const name of ['api', 'export']) {
    await build({
      ...options,
      entryPoints: [join(root, 'functions', name, 'index.ts')],
      outfile: join(directory, name, 'index.mjs'),
    });
  }
  aws = await startAws();
  knosc = await startKnosc({ orders: 50 });
  const { username, password } = seededUsers.full;
  environment = await createResources(aws, { base_url: knosc.url, username, password }, 60);
});

afterAll(async () => {
  await knosc.close();
  await aws.close();
  await rm(directory, { recursive: true });
});

/** Invokes a bundle's handler in a process of its own, with Lambda's environment variables and nothing else. */
async function invoke(name: 'api' | 'export', event: unknown): Promise<unknown> {
  const script = `
    const { handler } = await import('./index.mjs');
    const context = { getRemainingTimeInMillis: () => 25_000, awsRequestId: 'r' };
    process.stdout.write(JSON.stringify(await handler(JSON.parse(process.env.EVENT), context)));
    process.exit();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(directory, name),
    env: {
      ...environment,
      EVENT: JSON.stringify(event),
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_REGION: aws.region,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
    },
  });
  return JSON.parse(stdout);
}

function httpEvent(method: string, path: string): object {
  const requestContext = {
    requestId: 'r',
    timeEpoch: Date.now(),
    http: { method, path },
    authorizer: { iam: { userId: 'AIDA1' } },
  };
  return { version: '2.0', rawPath: path, headers: {}, requestContext, isBase64Encoded: false };
}

describe('the bundles', () => {
  // What they have now and a tenth more: a dependency that sneaks in is noticed. Cold starts grow with them.
  test.each([
    ['api', 680_000],
    ['export', 1_450_000],
  ])('of the %s function has at most %i bytes, and nothing beside it', async (name, budget) => {
    expect((await stat(join(directory, name, 'index.mjs'))).size).toBeLessThan(budget);
    expect((await readdir(join(directory, name))).toSorted()).toEqual(['index.mjs', 'index.mjs.map']);
  });

  test('of the api function answers HTTP events', async () => {
    expect(await invoke('api', httpEvent('GET', '/health'))).toMatchObject({
      statusCode: 200,
      body: '{"status":"ok"}',
    });
    expect(await invoke('api', httpEvent('GET', '/exports/item_master/7ZZZZZZZZZZZZZZZZZZZZZZZZZ'))).toMatchObject({
      statusCode: 404,
    });
  });

  test("of the export function exports, and the api function's links to what it made", async () => {
    const shown = z
      .object({ export_id: z.string(), status: z.literal('ready'), link: z.object({ url: z.string() }) })
      .parse(await invoke('export', { view_name: 'item_master' }));
    expect((await fetch(shown.link.url)).status).toBe(200);
    const got = z
      .object({ statusCode: z.literal(200), body: z.string() })
      .parse(await invoke('api', httpEvent('GET', `/exports/item_master/${shown.export_id}`)));
    expect(JSON.parse(got.body)).toMatchObject({ status: 'ready', link: { url: expect.any(String) } });
  });
});
