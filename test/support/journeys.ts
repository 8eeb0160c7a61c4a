import { randomBytes, randomUUID } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, vi } from 'vitest';
import * as z from 'zod';
import { runningRecord } from '../../functions/export/next-record.ts';
import { createDocuments } from '../../functions/ledger/documents.ts';
import { newExportId } from '../../functions/ledger/export-id.ts';
import { workbookKey } from '../../functions/ledger/keys.ts';
import { createRecords } from '../../functions/ledger/record.ts';
import { spreadsheetMediaType } from '../../functions/ledger/link.ts';
import type { DeployedProxy } from './deployed-proxy.ts';
import { acceptSecondFactor, answerWith, type ScriptedOrigin, sendWorkbook } from './scripted-origin.ts';
import { partOf, workbookParts } from './workbook-parts.ts';
import { standardHeaders, standardSecret } from './webhook-sender.ts';
import { smallWorkbook } from './workbooks.ts';
import { zipOf } from './zips.ts';

/** Where a journey takes place. */
interface Ground {
  readonly proxy: DeployedProxy;
  readonly origin: ScriptedOrigin;
}

/** What a user of the whole system does, from the call to its end. Together they take every way through the functions. */
export interface Journey {
  readonly name: string;
  readonly run: (ground: Ground) => Promise<void>;
}

/** Who the origin wants: it asks for a TOTP code. */
export const journeysAccount = { username: 'export', password: 'secret', totp_secret: 'JBSWY3DPEHPK3PXP' };
/** A heartbeat is a twelfth of it. */
export const journeysLeaseSeconds = 3;
/** What the stack is told to do beside. */
export const journeysSettings = {
  webhooks: { changed: { secret: 'webhooks/changed', export: { view_name: 'item_master' } } },
  schedules: { nightly: { expression: 'cron(0 6 * * ? *)', export: { view_name: 'item_master' } } },
};
export const journeysSecrets = { 'webhooks/changed': standardSecret };

const view = 'item_master';
const exportSchema = z.looseObject({
  export_id: z.string(),
  status: z.string(),
  attempts: z.int(),
  link: z.object({ url: z.string() }).optional(),
});

export const journeys: readonly Journey[] = [
  {
    name: 'create, wait, and follow the link; then the workbook of the export, and of the latest one',
    run: async ({ proxy, origin }) => {
      const workbook = await letKnoscAnswer(origin);
      const { link, export_id } = await create(proxy, {});
      expect(await bytesAt(link?.url)).toEqual(workbook);
      for (const id of [export_id, 'latest']) {
        expect(await bytesAt(`${proxy.system().url}/exports/${view}/${id}/workbook`)).toEqual(workbook);
      }
    },
  },
  {
    name: 'ask without waiting, look, and list',
    run: async ({ proxy }) => {
      const begun = await create(proxy, { headers: { prefer: 'respond-async' }, status: 202 });
      const shown = await call(proxy, 'GET', `/exports/${view}/${begun.export_id}?wait=20`);
      expect(exportSchema.parse(await shown.json()).status).toBe('ready');
      expect(await (await call(proxy, 'GET', `/exports/${view}`)).json()).toMatchObject({ exports: [{}, {}] });
    },
  },
  {
    name: 'ask again with the same key, and for what is young enough',
    run: async ({ proxy }) => {
      const keyed = { headers: { 'idempotency-key': randomUUID() } };
      const first = await create(proxy, keyed);
      expect((await create(proxy, keyed)).export_id).toBe(first.export_id);
      const young = await create(proxy, { body: { delivery: { max_age_s: 600 } } });
      expect(young.export_id).toBe(first.export_id);
    },
  },
  {
    name: 'look for what was never there',
    run: async ({ proxy }) => {
      const path = `/exports/${view}/${newExportId(Date.now())}`;
      for (const [method, of] of [
        ['GET', path],
        ['GET', `${path}/workbook`],
        ['DELETE', path],
        ['GET', '/exports/supplier_master/latest'],
      ] as const) {
        expect((await call(proxy, method, of)).status).toBe(404);
      }
      expect(await create(proxy, { of: 'supplier_master', body: { delivery: { max_age_s: 600 } } })).toBeDefined();
    },
  },
  {
    name: 'delete a workbook, twice',
    run: async ({ proxy }) => {
      const { export_id } = await create(proxy, {});
      const remove = () => call(proxy, 'DELETE', `/exports/${view}/${export_id}`);
      expect([(await remove()).status, (await remove()).status]).toEqual([200, 200]);
    },
  },
  {
    name: 'cancel while the workbook arrives',
    run: async ({ proxy, origin }) => {
      const begun = Promise.withResolvers<void>();
      const closed = Promise.withResolvers<void>();
      origin.answerExport((_request, response) => {
        response.once('close', closed.resolve).writeHead(200, { 'content-type': spreadsheetMediaType });
        response.write('PK', () => begun.resolve());
      });
      const { export_id } = await create(proxy, { headers: { prefer: 'respond-async' }, status: 202 });
      await begun.promise;
      const ended = await call(proxy, 'DELETE', `/exports/${view}/${export_id}`);
      expect(await ended.json()).toMatchObject({ status: 'cancelled' });
      await closed.promise;
    },
  },
  {
    name: 'have a large workbook cut by the origin, and come whole at the second try',
    run: async ({ proxy, origin }) => {
      const large = zipOf([
        ...workbookParts(),
        { ...partOf('xl/media/image1.png', randomBytes(9 * 1024 * 1024)), isDeflated: false },
      ]);
      let calls = 0;
      origin.answerExport((request, response) => {
        calls += 1;
        if (calls > 1) return sendWorkbook(large)(request, response);
        response.writeHead(200, { 'content-type': spreadsheetMediaType, 'content-length': String(large.length) });
        response.write(large.subarray(0, -1), () => response.destroy());
      });
      // `toEqual` takes seconds for so many bytes.
      expect(large.equals(await bytesAt((await create(proxy, {})).link?.url))).toBe(true);
      expect(calls).toBe(2);
    },
  },
  {
    name: 'be refused by the origin',
    run: async ({ proxy, origin }) => {
      origin.answerExport(answerWith(400, '{"Code":"ExcelExportWithoutExtra","Message":"no such view"}'));
      expect((await call(proxy, 'POST', `/exports/${view}`)).status).toBe(400);
      await letKnoscAnswer(origin);
    },
  },
  {
    name: 'invoke the export function directly, by new instances that find the session of the old ones',
    run: async ({ proxy, origin }) => {
      await proxy.restart();
      const logIns = origin.calls.filter((called) => called.endsWith('/api/authenticate')).length;
      const payload = { view_name: view, filters: { a: 1 }, idempotency_key: randomUUID() };
      const first = exportSchema.parse(await proxy.system().invokeExport(payload));
      expect(first).toMatchObject({ status: 'ready', link: { url: expect.any(String) } });
      expect(await proxy.system().invokeExport(payload)).toMatchObject({ export_id: first.export_id });
      const young = { view_name: view, filters: { a: 1 }, delivery: { max_age_s: 600 } };
      expect(await proxy.system().invokeExport(young)).toMatchObject({ export_id: first.export_id });
      expect(origin.calls.filter((called) => called.endsWith('/api/authenticate'))).toHaveLength(logIns);
    },
  },
  {
    name: 'deliver a webhook, whose export is waited for',
    run: async ({ proxy }) => {
      const delivered = await fetch(`${proxy.system().url}/webhooks/changed`, {
        method: 'POST',
        headers: standardHeaders('{}'),
        body: '{}',
      });
      expect(delivered.status).toBe(202);
      const { export_id } = z.looseObject({ export_id: z.string() }).parse(await delivered.json());
      const shown = await call(proxy, 'GET', `/exports/${view}/${export_id}?wait=20`);
      expect(await shown.json()).toMatchObject({ status: 'ready', trigger: { kind: 'webhook', name: 'changed' } });
    },
  },
  {
    name: 'have a schedule fire, by the message that Scheduler sends',
    run: async ({ proxy }) => {
      const { sqs } = administratorsClients(proxy);
      const message = {
        schedule: 'nightly',
        fire_time: '2026-11-27T06:00:00Z',
        time_zone: 'UTC',
        request: { view_name: view },
        delivery: {},
      };
      await sqs.send(new SendMessageCommand({ QueueUrl: proxy.queueUrl, MessageBody: JSON.stringify(message) }));
      await untilQueueIsEmpty(proxy);
      const listed = z
        .object({ exports: z.array(z.looseObject({ trigger: z.looseObject({ kind: z.string() }) })) })
        .parse(await (await call(proxy, 'GET', `/exports/${view}`)).json());
      expect(listed.exports.map(({ trigger }) => trigger.kind)).toContain('schedule');
    },
  },
  {
    name: 'have an export taken over from a run that died, which left a workbook behind',
    run: async ({ proxy }) => {
      const { s3, sqs } = administratorsClients(proxy);
      const message = {
        export_id: newExportId(Date.now()),
        request: { view_name: view },
        delivery: {},
        trigger: { kind: 'api' as const },
        created_at: new Date().toISOString(),
      };
      const lapsed = { owner: randomUUID(), until: new Date(Date.now() - 60_000).toISOString() };
      const records = createRecords(createDocuments(s3, proxy.bucket), randomUUID);
      await records.create(runningRecord(message, 1, Date.now() - 120_000, lapsed));
      const Key = workbookKey(view, message.export_id, 1);
      await s3.send(new PutObjectCommand({ Bucket: proxy.bucket, Key, Body: 'half' }));
      await sqs.send(new SendMessageCommand({ QueueUrl: proxy.queueUrl, MessageBody: JSON.stringify(message) }));
      const shown = await call(proxy, 'GET', `/exports/${view}/${message.export_id}?wait=20`);
      expect(await shown.json()).toMatchObject({ status: 'ready', attempts: 2 });
    },
  },
];

/** Resolves once nothing is left in the queue: everything that was begun has ended. */
export async function untilQueueIsEmpty(proxy: DeployedProxy): Promise<void> {
  const { sqs } = administratorsClients(proxy);
  const command = new GetQueueAttributesCommand({ QueueUrl: proxy.queueUrl, AttributeNames: ['All'] });
  await vi.waitFor(
    async () => {
      const { Attributes = {} } = await sqs.send(command);
      const counts = Object.entries(Attributes).filter(([name]) => name.startsWith('ApproximateNumberOfMessages'));
      expect(counts.map(([, count]) => count)).toEqual(['0', '0', '0']);
    },
    { timeout: 15_000, interval: 100 },
  );
}

function administratorsClients({ aws }: DeployedProxy) {
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  return { s3: new S3Client(access), sqs: new SQSClient(access) };
}

async function letKnoscAnswer(origin: ScriptedOrigin): Promise<Buffer> {
  const workbook = Buffer.from(await smallWorkbook());
  origin.answerLogIn(answerWith(200, '{"requires_2fa": true}'));
  origin.answerSecondFactor(acceptSecondFactor());
  origin.answerExport(sendWorkbook(workbook));
  return workbook;
}

interface Creation {
  readonly of?: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  readonly status?: number;
}

async function create(proxy: DeployedProxy, { of = view, body = {}, headers = {}, status = 201 }: Creation) {
  const answer = await call(proxy, 'POST', `/exports/${of}`, body, headers);
  const answered: unknown = await answer.json();
  expect({ status: answer.status, answered }).toMatchObject({ status });
  return exportSchema.parse(answered);
}

function call(proxy: DeployedProxy, method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  return fetch(`${proxy.system().url}${path}`, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function bytesAt(url = ''): Promise<Buffer> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}
