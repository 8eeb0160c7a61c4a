import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { recordKey } from '../../../functions/ledger/keys.ts';
import type { ExportRecord } from '../../../functions/ledger/record.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { objectsUnder, s3Of } from '../../support/bucket.ts';
import { newRecordOf } from '../../support/records.ts';
import { answerWith, type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from '../../support/scripted-origin.ts';
import { smallWorkbook } from '../../support/workbooks.ts';

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;
let workbook: Buffer;
let lastView = 0;
let view: string;

beforeAll(async () => {
  workbook = Buffer.from(await smallWorkbook());
  origin = await startScriptedOrigin();
  const account = { base_url: origin.url, username: 'export', password: 'secret' };
  proxy = await startExportProxy({ port: 0, account, waitMs: 2_000, random: () => 0 });
});

beforeEach(() => {
  origin.answerExport(sendWorkbook(workbook));
  origin.calls.length = 0;
  lastView += 1;
  view = `view_${lastView}`;
});

afterAll(async () => {
  await proxy.close();
  await origin.close();
});

const exportSchema = z.looseObject({
  export_id: z.string(),
  status: z.string(),
  link: z.object({ url: z.string(), expires_at: z.string() }).optional(),
});
const listSchema = z.object({ exports: z.array(exportSchema), next_cursor: z.string().optional() });

function send(method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<Response> {
  return fetch(`${proxy.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function create(body?: unknown, headers: Record<string, string> = {}) {
  const answer = await send('POST', `/exports/${view}`, headers, body);
  return { answer, shown: exportSchema.parse(await answer.json()) };
}

async function list(query = ''): Promise<z.infer<typeof listSchema>> {
  return listSchema.parse(await (await send('GET', `/exports/${view}${query}`)).json());
}

/** Makes the origin hold its answers until `release` is called. */
function holdExports(): () => void {
  const held = Promise.withResolvers<void>();
  origin.answerExport((request, response) => void held.promise.then(() => sendWorkbook(workbook)(request, response)));
  return held.resolve;
}

const exportCalls = () => origin.calls.filter((call) => call.endsWith('/export-data')).length;

/** Lays a record of that status into the bucket, as if an export of the view had been created then. */
async function putRecord(status: ExportRecord['status'], createdMs: number): Promise<string> {
  const record = { ...newRecordOf(status, createdMs), view_name: view, revision: 1, writer: 'w' };
  const Key = recordKey(view, record.export_id);
  await s3Of(proxy).send(new PutObjectCommand({ Bucket: proxy.bucket, Key, Body: JSON.stringify(record) }));
  return record.export_id;
}

describe('a list', () => {
  test('tells the exports of its view newest first, without links', async () => {
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.unshift((await create()).shown.export_id);
    const { exports, next_cursor } = await list();
    expect(exports.map(({ export_id }) => export_id)).toEqual(ids);
    expect(next_cursor).toBeUndefined();
    expect(exports[0]).toMatchObject({ view_name: view, status: 'ready', workbook: { bytes: workbook.length } });
    expect(JSON.stringify(exports)).not.toMatch(/"link"|"revision"|"writer"|"key"/);
  });

  test('of a view without exports is empty', async () => {
    expect(await list()).toEqual({ exports: [] });
  });

  test('shows a failed export with its problem, an expired one as expired', async () => {
    await putRecord('ready', Date.now() - 700_000_000);
    await putRecord('failed', Date.now() - 1000);
    expect((await list()).exports).toMatchObject([
      { status: 'failed', problem: { code: 'origin-failed', status: 502 } },
      { status: 'expired' },
    ]);
  });

  test('comes in pages, and misses none and repeats none where new exports come meanwhile', async () => {
    const newestMs = Date.now() - 60_000;
    const ids: string[] = [];
    for (let age = 0; age < 45; age += 1) ids.push(await putRecord('ready', newestMs - age));
    const told: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: z.infer<typeof listSchema> = await list(`?limit=20${cursor && `&cursor=${cursor}`}`);
      expect(page.exports.length).toBeLessThanOrEqual(20);
      told.push(...page.exports.map(({ export_id }) => export_id));
      cursor = page.next_cursor;
      await putRecord('ready', Date.now());
    }
    expect(told).toEqual(ids);
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'limit=', 'limit=1,2', 'cursor=x', 'cursor='])(
    'with %s is request-invalid',
    async (query) => {
      const answer = await send('GET', `/exports/${view}?${query}`);
      expect(await answer.json()).toMatchObject({
        status: 400,
        code: 'request-invalid',
        errors: [{ path: `query ${query.split('=')[0]}` }],
      });
    },
  );

  test('of what cannot be a view is request-invalid', async () => {
    const answer = await send('GET', '/exports/View');
    expect(await answer.json()).toMatchObject({ status: 400, errors: [{ path: 'path view_name' }] });
  });
});

describe('latest', () => {
  test('is the newest export that is ready and has not expired', async () => {
    await putRecord('ready', Date.now() - 20_000);
    const wanted = await putRecord('ready', Date.now() - 10_000);
    await putRecord('failed', Date.now() - 5_000);
    await putRecord('cancelled', Date.now() - 4_000);
    await putRecord('deleted', Date.now() - 3_000);
    await putRecord('queued', Date.now() - 2_000);
    const answer = await send('GET', `/exports/${view}/latest`);
    expect(answer.headers.get('content-location')).toBe(`/exports/${view}/${wanted}`);
    expect(await answer.json()).toMatchObject({ export_id: wanted, link: { url: expect.any(String) } });
    const redirect = await send('GET', `/exports/${view}/latest/workbook`);
    expect(redirect.status).toBe(303);
    expect(redirect.headers.get('location')).toContain(wanted);
  });

  test('looks back a hundred exports', async () => {
    const wanted = await putRecord('ready', Date.now() - 10_000);
    await Promise.all(Array.from({ length: 99 }, () => putRecord('failed', Date.now())));
    expect((await send('GET', `/exports/${view}/latest`)).status).toBe(200);
    await putRecord('failed', Date.now());
    expect((await send('GET', `/exports/${view}/latest`)).status).toBe(404);
    expect((await send('GET', `/exports/${view}/${wanted}`)).status).toBe(200);
  });

  test.each(['', '/workbook'])('is export-not-found where there is none (%s)', async (suffix) => {
    await putRecord('ready', Date.now() - 700_000_000);
    const answer = await send('GET', `/exports/${view}/latest${suffix}`);
    expect(await answer.json()).toMatchObject({ status: 404, code: 'export-not-found' });
  });

  test('is nothing that can be deleted', async () => {
    const id = await putRecord('ready', Date.now());
    expect((await send('DELETE', `/exports/${view}/latest`)).status).toBe(404);
    expect(await (await send('GET', `/exports/${view}/${id}`)).json()).toMatchObject({ status: 'ready' });
  });
});

describe('DELETE', () => {
  test('cancels a running export for all who joined it, and nothing of it stays', async () => {
    const release = holdExports();
    const key = { 'idempotency-key': view, prefer: 'respond-async' };
    const { shown } = await create({}, key);
    await expect.poll(exportCalls).toBe(1);
    const joined = send('POST', `/exports/${view}`, { 'idempotency-key': view }, {});
    const path = `/exports/${view}/${shown.export_id}`;
    const deleted = await send('DELETE', path);
    expect(deleted.status).toBe(200);
    expect(await deleted.json()).toMatchObject({ export_id: shown.export_id, status: 'cancelled', attempts: 1 });
    expect(await (await joined).json()).toMatchObject({
      status: 409,
      code: 'export-failed',
      export_id: shown.export_id,
      detail: expect.stringContaining('cancelled'),
    });
    release();
    await expect.poll(() => objectsUnder(proxy, `workbooks/${view}/`)).toEqual([]);
    expect(await (await send('GET', path)).json()).toMatchObject({ status: 'cancelled' });
    expect(await (await send('GET', `${path}/workbook`)).json()).toMatchObject({ status: 409, code: 'export-failed' });
    expect((await send('DELETE', path)).status).toBe(200);
  });

  test('deletes the workbook of a ready export, link and all, and answers a repeat alike', async () => {
    const { shown } = await create();
    const path = `/exports/${view}/${shown.export_id}`;
    expect((await fetch(shown.link?.url ?? '')).status).toBe(200);
    const deleted = await send('DELETE', path);
    const document: unknown = await deleted.json();
    expect(document).toMatchObject({ status: 'deleted', deleted_at: expect.any(String), workbook: {} });
    expect(document).not.toHaveProperty('link');
    expect((await fetch(shown.link?.url ?? '')).status).toBe(404);
    expect(await objectsUnder(proxy, `workbooks/${view}/`)).toEqual([]);
    expect(await (await send('DELETE', path)).json()).toEqual(document);
    expect(await (await send('GET', `${path}/workbook`)).json()).toMatchObject({ status: 410, code: 'export-gone' });
  });

  test.each([
    ['failed', 0, 'failed'],
    ['ready', 700_000_000, 'deleted'],
  ] as const)('of an export that is %s and %i ms old is 200', async (status, ageMs, end) => {
    const id = await putRecord(status, Date.now() - ageMs);
    const answer = await send('DELETE', `/exports/${view}/${id}`);
    expect([answer.status, await answer.json()]).toMatchObject([200, { status: end }]);
  });

  test.each(['7ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'x'])('of %s is export-not-found', async (id) => {
    const answer = await send('DELETE', `/exports/${view}/${id}`);
    expect(await answer.json()).toMatchObject({ status: 404, code: 'export-not-found' });
  });
});

describe('a repeat with the key of an export', () => {
  test.each([
    ['whose workbook was deleted', 'deleted', 0],
    ['that has expired', 'ready', 700_000_000],
  ] as const)('%s is export-gone', async (_name, status, ageMs) => {
    const key = { 'idempotency-key': view };
    const { shown } = await create({}, key);
    const { export_id: _, ...other } = newRecordOf(status, Date.now() - ageMs);
    const record = { ...other, export_id: shown.export_id, view_name: view, revision: 9, writer: 'w' };
    const Key = recordKey(view, shown.export_id);
    await s3Of(proxy).send(new PutObjectCommand({ Bucket: proxy.bucket, Key, Body: JSON.stringify(record) }));
    const answer = await send('POST', `/exports/${view}`, key, {});
    expect(await answer.json()).toMatchObject({ status: 410, code: 'export-gone', export_id: shown.export_id });
  });
});

describe('max_age_s', () => {
  test('answers with the export that is there, by a link as long as the caller asks', async () => {
    const first = await create({ delivery: { file_name: 'first', link_lifetime_s: 600 } });
    const second = await create({ delivery: { file_name: 'second', link_lifetime_s: 60, max_age_s: 60 } });
    expect(second.answer.status).toBe(201);
    expect(second.shown).toMatchObject({
      export_id: first.shown.export_id,
      workbook: { file_name: 'first.xlsx' },
    });
    expect(new URL(second.shown.link?.url ?? '').searchParams.get('X-Amz-Expires')).toBe('60');
    expect(exportCalls()).toBe(1);
  });

  test('joins an export that runs', async () => {
    const release = holdExports();
    const first = await create({}, { prefer: 'respond-async' });
    await expect.poll(exportCalls).toBe(1);
    const second = create({ delivery: { max_age_s: 60 } });
    release();
    expect((await second).shown).toMatchObject({ export_id: first.shown.export_id, status: 'ready' });
    expect(exportCalls()).toBe(1);
  });

  test('does not bring back what failed or was deleted', async () => {
    origin.answerExport(answerWith(400, '{}'));
    await send('POST', `/exports/${view}`, {}, {});
    origin.answerExport(sendWorkbook(workbook));
    const { shown } = await create({ delivery: { max_age_s: 60 } });
    await send('DELETE', `/exports/${view}/${shown.export_id}`);
    const again = await create({ delivery: { max_age_s: 60 } });
    expect(again.shown.export_id).not.toBe(shown.export_id);
    expect(exportCalls()).toBe(3);
  });

  test.each([-1, 604_801, 1.5, '60'])('of %j is request-invalid', async (max_age_s) => {
    const answer = await send('POST', `/exports/${view}`, {}, { delivery: { max_age_s } });
    expect(await answer.json()).toMatchObject({ status: 400, errors: [{ path: 'delivery.max_age_s' }] });
  });
});

describe('Prefer', () => {
  test('respond-async answers 202 at once, and says so', async () => {
    const release = holdExports();
    const { answer, shown } = await create({}, { prefer: 'respond-async, handling=strict' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, 'respond-async']);
    expect(answer.headers.get('vary')).toBe('accept, prefer');
    expect(shown.status).toBe('queued');
    release();
  });

  test('respond-async of an export that is ready is 201 all the same', async () => {
    await create();
    const { answer } = await create({ delivery: { max_age_s: 60 } }, { prefer: 'respond-async' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([201, null]);
  });

  test('wait=N bounds the wait, with respond-async too', async () => {
    const release = holdExports();
    for (const prefer of ['wait=0', 'wait=1, respond-async']) {
      const { answer, shown } = await create({}, { prefer });
      expect([answer.status, shown.status]).toEqual([202, prefer === 'wait=0' ? 'queued' : 'running']);
      expect(answer.headers.get('preference-applied')?.split(', ').toSorted()).toEqual(prefer.split(', ').toSorted());
    }
    release();
  });

  test('wait=N answers as soon as the export is ready', async () => {
    const { answer } = await create({}, { prefer: 'respond-async, wait=2' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([201, 'wait=2']);
  });

  test('wait=N that is longer than a create can wait is not said to be applied', async () => {
    const { answer } = await create({}, { prefer: 'wait=60' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([201, null]);
  });
});

describe('an entity tag', () => {
  const look = (path: string, etag: string, method = 'GET') => send(method, path, { 'if-none-match': etag });

  test('lets an export that has not changed be 304 without a body, for GET and HEAD', async () => {
    const { shown } = await create();
    const path = `/exports/${view}/${shown.export_id}`;
    const etag = (await send('GET', path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    for (const [method, address] of [
      ['GET', path],
      ['HEAD', path],
      ['GET', `/exports/${view}/latest`],
    ] as const) {
      const answer = await look(address, etag, method);
      expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, etag, '']);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    await send('DELETE', path);
    expect(await (await look(path, etag)).json()).toMatchObject({ status: 'deleted' });
  });

  test('is another one when the export has gone on, and with ?wait that is waited for', async () => {
    const release = holdExports();
    const { shown } = await create({}, { prefer: 'respond-async' });
    await expect.poll(exportCalls).toBe(1);
    const path = `/exports/${view}/${shown.export_id}`;
    const running = await send('GET', path);
    const etag = running.headers.get('etag') ?? '';
    const unchanged = await look(`${path}?wait=1`, etag);
    expect([unchanged.status, unchanged.headers.get('retry-after')]).toEqual([304, '2']);
    const changed = look(`${path}?wait=20`, etag);
    release();
    expect(await (await changed).json()).toMatchObject({ status: 'ready' });
  });
});
