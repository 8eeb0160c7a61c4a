import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { startAws } from '../../sandbox/aws/start.ts';
import { createResources } from '../../sandbox/resources.ts';
import { type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from '../support/scripted-origin.ts';
import { smallWorkbook } from '../support/workbooks.ts';

const program = fileURLToPath(new URL('../../bin/local.ts', import.meta.url));
const maximumConcurrency = 5;
let folder: string;
let origin: ScriptedOrigin;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-data-'));
  origin = await startScriptedOrigin();
});

afterEach(async () => {
  await origin.close();
  await rm(folder, { recursive: true });
});

function start(...args: readonly string[]): ChildProcess {
  const account = ['--origin', origin.url, '--username', 'u'];
  const env = { PATH: process.env['PATH'], KNOSC_PASSWORD: 'p' };
  return spawn(process.execPath, [program, '--data', folder, '--port', '0', ...account, ...args], { env });
}

/** The first group of a pattern, once the program has said it. Its words are read on, so that the pipe never fills up. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  let words = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      words += String(chunk);
      const [, found] = pattern.exec(words) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => {
      reject(new Error(`it ended without saying ${pattern}: ${words}`));
    });
  });
}

const recordSchema = z.looseObject({ export_id: z.string(), status: z.string() });

/** What lies in the folder of a program that has ended. */
async function records() {
  const aws = await startAws({ folder });
  const s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'knosc-exports', Prefix: 'exports/' }));
  const all = Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'knosc-exports', Key }));
    return recordSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
  });
  const read = await Promise.all(all);
  await aws.close();
  return read;
}

describe('npm start --data', { timeout: 60_000 }, () => {
  test('takes up after a SIGKILL what was queued, and its links go on', async () => {
    // No export is answered: five run, its own among them, and the others wait.
    origin.answerExport(() => undefined);
    const killed = start();
    const url = await said(killed, /Gateway {2}(\S+)/);
    const creates = Array.from({ length: 7 }, (_, n) =>
      fetch(`${url}/exports/item_master`, { method: 'POST', headers: { 'idempotency-key': `key-${n}` } }),
    );
    const ended = Promise.allSettled(creates);
    const isCalled = (call: string) => call === 'POST /api/export-data';
    await vi.waitFor(() => expect(origin.calls.filter(isCalled)).toHaveLength(maximumConcurrency), 15_000);
    const listSchema = z.object({ exports: z.array(z.unknown()) });
    await vi.waitFor(async () => {
      const list = await fetch(`${url}/exports/item_master`);
      expect(listSchema.parse(await list.json()).exports).toHaveLength(7);
    }, 15_000);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await ended;

    const queued = (await records()).filter(({ status }) => status === 'queued');
    expect(queued).toHaveLength(3);
    const workbook = await smallWorkbook();
    origin.answerExport(sendWorkbook(workbook));
    const again = start();
    const serving = await said(again, /Serving on (\S+) until/);
    for (const { export_id } of queued) {
      const answer = await fetch(`${serving}/exports/item_master/${export_id}?wait=20`);
      expect(await answer.json()).toMatchObject({ export_id, status: 'ready', attempts: 1 });
    }
    const [first] = queued;
    const shown = await fetch(`${serving}/exports/item_master/${first?.export_id}`);
    const { link } = z.object({ link: z.object({ url: z.string() }) }).parse(await shown.json());
    expect(origin.calls.filter(isCalled)).toHaveLength(maximumConcurrency + 3 + 1);
    again.kill('SIGTERM');
    expect(await once(again, 'exit')).toEqual([0, null]);

    const aws = await startAws({ folder });
    const downloaded = Buffer.from(await (await fetch(link.url)).arrayBuffer());
    expect(downloaded.equals(workbook)).toBe(true);
    await aws.close();
  });

  test('is refused while another one has the folder', async () => {
    origin.answerExport(sendWorkbook(await smallWorkbook()));
    const one = start();
    await said(one, /Serving on (\S+) until/);
    const other = start('--once');
    const [stderr, [code]] = await Promise.all([other.stderr ? text(other.stderr) : '', once(other, 'exit')]);
    expect(stderr).toContain('is in use by another sandbox. Stop that one, or give another folder.');
    expect(code).toBe(1);
    one.kill('SIGTERM');
    await once(one, 'exit');
  });
});

describe('what an earlier start has made', () => {
  const account = { base_url: 'http://127.0.0.1:1', username: 'u', password: 'p' };

  /** Makes the resources as a start does, and tells what is there then. */
  async function made(of: typeof account, timeoutSeconds: number) {
    const aws = await startAws({ folder });
    const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
    try {
      const { SECRET_ID: SecretId, QUEUE_URL: QueueUrl } = await createResources(aws, of, timeoutSeconds);
      const secrets = new SecretsManagerClient(access);
      const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId }));
      const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] });
      const { Attributes } = await new SQSClient(access).send(asked);
      const versions = Object.keys(VersionIdsToStages).length;
      return { versions, account: JSON.parse(SecretString), visibility: Attributes?.['VisibilityTimeout'] };
    } finally {
      await aws.close();
    }
  }

  test('stays, but for another account and another time limit', async () => {
    expect(await made(account, 60)).toEqual({ versions: 1, account, visibility: '60' });
    expect(await made(account, 90)).toEqual({ versions: 1, account, visibility: '90' });
    const other = { ...account, base_url: 'http://127.0.0.1:2' };
    expect(await made(other, 90)).toEqual({ versions: 2, account: other, visibility: '90' });
  });

  test('is no excuse for another refusal', async () => {
    await (await startAws({ folder })).close();
    const database = new DatabaseSync(join(folder, 'aws.sqlite'));
    database.exec("CREATE TRIGGER full BEFORE INSERT ON buckets BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    database.close();
    await expect(made(account, 60)).rejects.toMatchObject({ message: expect.stringContaining('disk full') });
  });
});
