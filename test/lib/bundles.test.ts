import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ExportProxyStack } from '../../lib/export-proxy-stack.ts';
import { cdkContext } from '../support/cdk-context.ts';
import { type AwsSandbox, startAws } from '../../sandbox/aws/start.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { createResources, type FunctionEnvironment } from '../../sandbox/resources.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';

const run = promisify(execFile);

let directory: string;
let aws: AwsSandbox;
let knosc: KnoscSandbox;
let environment: FunctionEnvironment;

/** Where the synthesis laid each function's code: the very files that a deployment uploads. */
let code: Readonly<Record<'api' | 'export', string>>;

const resourceSchema = z.object({ Metadata: z.object({ 'aws:asset:path': z.string() }) });

function synthesize(): typeof code {
  const app = new App({ outdir: directory, context: { ...cdkContext, 'aws:cdk:enable-asset-metadata': true } });
  const stack = new ExportProxyStack(app, 'KnoscExportProxy');
  app.synth();
  const functions = Object.entries(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const pathOf = (name: string) => {
    const found = functions.find(([id]) => id.startsWith(name))?.[1];
    return join(directory, resourceSchema.parse(found).Metadata['aws:asset:path']);
  };
  return { api: pathOf('ApiFunction'), export: pathOf('ExportFunction') };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-bundles-'));
  code = synthesize();
  aws = await startAws();
  knosc = await startKnosc({ orders: 6000 });
  const { username, password } = seededUsers.full;
  environment = await createResources(aws, { base_url: knosc.url, username, password }, 60);
});

afterAll(async () => {
  await knosc.close();
  await aws.close();
  await rm(directory, { recursive: true });
});

interface InvokeOptions {
  readonly memoryMegabytes?: number;
  /** Where the code lies, if not where the synthesis laid it. */
  readonly folder?: string;
}

/** Invokes a bundle's handler in a process of its own, with Lambda's environment variables and nothing else. */
async function invoke(
  name: 'api' | 'export',
  event: unknown,
  { memoryMegabytes = 512, folder = code[name] }: InvokeOptions = {},
): Promise<unknown> {
  const script = `
    const { createRequire } = await import('node:module');
    const { handler } = createRequire(process.cwd() + '/')('./index.js');
    const context = { getRemainingTimeInMillis: () => 60_000, awsRequestId: 'r' };
    process.stderr.write(JSON.stringify(await handler(JSON.parse(process.env.EVENT), context)));
    process.exit();`;
  // What the functions log goes to stdout.
  const { stderr } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env: {
      ...environment,
      EVENT: JSON.stringify(event),
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      AWS_REGION: aws.region,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
    },
  });
  return JSON.parse(stderr);
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
    ['api', { 'index.js': 795_000 }],
    ['export', { 'index.js': 1_460_000, 'judge-worker.js': 51_000 }],
  ] as const)(
    'of the %s function have at most %o bytes, a map each, and nothing beside them',
    async (name, budgets: Readonly<Record<string, number>>) => {
      const files = Object.keys(budgets);
      expect((await readdir(code[name])).toSorted()).toEqual(files.flatMap((file) => [file, `${file}.map`]));
      for (const file of files) {
        expect((await stat(join(code[name], file))).size).toBeLessThan(budgets[file] ?? 0);
        // Else Node finds no map, and the frames of a defect are columns of one long line.
        expect((await readFile(join(code[name], file), 'utf8')).trimEnd()).toMatch(
          new RegExp(`\n//# sourceMappingURL=${file}\\.map$`),
        );
      }
    },
  );

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

  describe('of the export function judge a large workbook', () => {
    const request = { view_name: 'purchase_order_details' };
    const readySchema = z.object({ status: z.literal('ready'), workbook: z.object({ bytes: z.number() }) });

    test('on a thread whose program lies beside them, where there is a second processor', async () => {
      const { workbook } = readySchema.parse(await invoke('export', request, { memoryMegabytes: 3538 }));
      expect(workbook.bytes).toBeGreaterThan(1024 * 1024);
    });

    test('without that thread below a whole processor', async () => {
      const folder = join(directory, 'without-thread');
      await cp(code.export, folder, { recursive: true });
      await rm(join(folder, 'judge-worker.js'));
      readySchema.parse(await invoke('export', request, { memoryMegabytes: 1769, folder }));
      // It would have been missed.
      expect(await invoke('export', request, { memoryMegabytes: 1770, folder })).toMatchObject({
        status: 'failed',
        problem: { code: 'internal' },
      });
    });
  });

  test("of the export function exports at a schedule's fire time, with dates of the calendar that is loaded for them", async () => {
    const sqs = new SQSClient({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
    const scheduled = {
      schedule: 'nightly',
      fire_time: '2026-11-27T05:00:00Z',
      time_zone: 'Europe/Berlin',
      request: { view_name: 'unit_master', filters: { 'Unit Code': '{today-7d}' } },
      delivery: {},
    };
    await sqs.send(new SendMessageCommand({ QueueUrl: environment.QUEUE_URL, MessageBody: JSON.stringify(scheduled) }));
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: environment.QUEUE_URL }));
    const Records = Messages.map(({ MessageId: messageId, ReceiptHandle: receiptHandle, Body: body }) => ({
      messageId,
      receiptHandle,
      body,
    }));
    expect(Records).toHaveLength(1);
    expect(await invoke('export', { Records })).toEqual({ batchItemFailures: [] });
    const { body } = z
      .object({ body: z.string() })
      .parse(await invoke('api', httpEvent('GET', '/exports/unit_master')));
    expect(JSON.parse(body)).toMatchObject({
      exports: [
        {
          trigger: { kind: 'schedule', name: 'nightly', fire_time: '2026-11-27T05:00:00.000Z' },
          request: { filters: { 'Unit Code': '2026-11-20' } },
        },
      ],
    });
  });
});
