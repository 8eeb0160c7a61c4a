import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { answerWith, type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from '../../support/scripted-origin.ts';
import { smallWorkbook } from '../../support/workbooks.ts';

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;
let workbook: Buffer;

const accountAt = (base_url: string) => ({ base_url, username: 'export', password: 'secret' });

beforeAll(async () => {
  workbook = Buffer.from(await smallWorkbook());
  origin = await startScriptedOrigin();
  proxy = await startExportProxy({ port: 0, account: accountAt(origin.url), random: () => 0 });
});

beforeEach(() => {
  origin.answerExport(sendWorkbook(workbook));
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
const readySchema = exportSchema.required();

const viewsSchema = z.object({ views: z.array(z.looseObject({ view_name: z.string() })) });

function post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${proxy.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: payload }),
  });
}

function get(path: string): Promise<Response> {
  return fetch(`${proxy.url}${path}`, { redirect: 'manual' });
}

async function bytesAt(url: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(url)).arrayBuffer());
}

/** Makes the origin hold its answers until `release` is called. */
function holdExports(): () => void {
  const held = Promise.withResolvers<void>();
  origin.answerExport((request, response) => void held.promise.then(() => sendWorkbook(workbook)(request, response)));
  return held.resolve;
}

describe.each(['/exports/purchase_order_list', '/api/export-data'])('POST %s', (path) => {
  const body = path.startsWith('/api') ? { view_name: 'purchase_order_list' } : {};

  test('answers 201 with the export, its place and a link to the workbook', async () => {
    const created = await post(path, { ...body, filters: { 'PO List Document Status': 'Open' } });
    expect(created.status).toBe(201);
    expect(created.headers.get('cache-control')).toBe('no-store');
    const shown = readySchema.parse(await created.json());
    expect(created.headers.get('location')).toBe(`/exports/purchase_order_list/${shown.export_id}`);
    expect(shown).toMatchObject({
      export_id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      view_name: 'purchase_order_list',
      status: 'ready',
      attempts: 1,
      trigger: { kind: 'api', caller: 'AIDALOCALSANDBOX' },
      request: { view_name: 'purchase_order_list', filters: { 'PO List Document Status': 'Open' } },
      workbook: {
        file_name: expect.stringMatching(/^purchase_order_list-\d{8}T\d{6}Z\.xlsx$/),
        bytes: workbook.length,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      timings_ms: {
        queue: expect.any(Number),
        login: expect.any(Number),
        origin_first_byte: expect.any(Number),
        transfer: expect.any(Number),
        total: expect.any(Number),
      },
    });
    expect(await bytesAt(shown.link.url)).toEqual(workbook);
  });

  test('passes the request on untouched', async () => {
    const given =
      '{"filters":{"__proto__":"x","Ünïcode ✓":[1,2.5,null,true],"include":{"A":["b"]}},"sort":{"key":"PO #","type":"Ascending"},"index":{"limit":5,"offset":0}}';
    const created = await post('/exports/sub_item_master', given);
    expect(created.status).toBe(201);
    const { body: passed } = origin.lastExport();
    expect(JSON.stringify(passed)).toContain('"__proto__":"x"');
    expect(passed).toEqual({ view_name: 'sub_item_master', ...JSON.parse(given) });
  });
});

describe('a slow export', () => {
  let impatient: LocalExportProxy;

  beforeAll(async () => {
    impatient = await startExportProxy({ port: 0, account: accountAt(origin.url), waitMs: 300 });
  });

  afterAll(() => impatient.close());

  const send = (method: string, path: string) => fetch(`${impatient.url}${path}`, { method, redirect: 'manual' });
  const exportCalls = () => origin.calls.filter((call) => call.endsWith('/export-data'));

  test('is 202 with a place to look, waits there, and is the same run when it ends', async () => {
    const release = holdExports();
    origin.calls.length = 0;
    const created = await send('POST', '/exports/item_master');
    expect(created.status).toBe(202);
    const path = created.headers.get('location') ?? '';
    expect(created.headers.get('retry-after')).toBe('2');
    const { export_id } = exportSchema.parse(await created.json());

    await expect.poll(exportCalls, { timeout: 10_000 }).toHaveLength(1);
    const running = await send('GET', path);
    expect(await running.json()).toMatchObject({ export_id, status: 'running', started_at: expect.any(String) });
    const tooEarly = await send('GET', `${path}/workbook`);
    expect(tooEarly.status).toBe(409);
    expect(await tooEarly.json()).toMatchObject({ code: 'export-not-ready' });
    const again = await send('GET', `${path}/workbook?wait=1`);
    expect([again.status, again.headers.get('location')]).toEqual([303, `${path}/workbook?wait=1`]);

    const waiting = send('GET', `${path}?wait=20`);
    release();
    expect(await (await waiting).json()).toMatchObject({ export_id, status: 'ready' });
    const workbookAnswer = await send('GET', `${path}/workbook`);
    expect(workbookAnswer.status).toBe(303);
    expect(await bytesAt(workbookAnswer.headers.get('location') ?? '')).toEqual(workbook);
    expect(exportCalls()).toHaveLength(1);
  });
});

describe('who accepts a spreadsheet', () => {
  test('is sent to the workbook at once, and following leads to its bytes', async () => {
    const created = await post('/api/export-data', { view_name: 'item_master' }, { accept: spreadsheetMediaType });
    expect(created.status).toBe(303);
    expect(created.headers.get('location')).toMatch(/^\/exports\/item_master\/[0-9A-Z]{26}\/workbook\?wait=20$/);
    expect(await bytesAt(`${proxy.url}${created.headers.get('location')}`)).toEqual(workbook);
  });

  test('gets a failure, never JSON in place of a workbook, when the export fails', async () => {
    origin.answerExport(answerWith(403, '{"Message":"Not Privileged for this action","Code":"User.NotPrivileged"}'));
    const answer = await fetch(`${proxy.url}/exports/item_master`, {
      method: 'POST',
      headers: { accept: spreadsheetMediaType },
    });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({
      code: 'export-failed',
      detail: expect.stringContaining('view-not-privileged'),
    });
  });

  test.each([
    [`${spreadsheetMediaType};q=0.5, application/json`, 201],
    [`application/json;q=0.5, ${spreadsheetMediaType}`, 303],
    ['*/*', 201],
    ['text/html', 406],
  ])('as %s gets %i', async (accept, status) => {
    expect((await post('/exports/item_master', {}, { accept })).status).toBe(status);
  });
});

describe('a failed export', () => {
  test('is the problem in the create, and a 200 with its problem afterwards', async () => {
    origin.answerExport(answerWith(400, '{"Message":"no such view","Code":"ExcelExportWithoutExtra"}'));
    const created = await post('/exports/purchase_orders');
    expect(created.status).toBe(400);
    const problem = z.looseObject({ export_id: z.string() }).parse(await created.json());
    expect(problem).toMatchObject({
      type: 'urn:problem-type:knosc-export-proxy:view-not-exportable',
      title: expect.any(String),
      status: 400,
      code: 'view-not-exportable',
      detail: expect.stringContaining('nearest known names are purchase_order_'),
      origin: { status: 400, Code: 'ExcelExportWithoutExtra', Message: 'no such view' },
    });
    const path = `/exports/purchase_orders/${problem.export_id}`;
    const got = await get(path);
    expect(got.status).toBe(200);
    expect(await got.json()).toMatchObject({
      status: 'failed',
      finished_at: expect.any(String),
      problem: { code: 'view-not-exportable', status: 400 },
    });
    expect(await (await get(`${path}/workbook`)).json()).toMatchObject({ status: 409, code: 'export-failed' });
  });
});

describe('a bad request', () => {
  test.each([
    ['a body that is not JSON', '/exports/item_master', '{"filters":', ['body']],
    ['a body that is a list', '/exports/item_master', '[]', ['body']],
    ['unknown keys', '/exports/item_master', '{"filter":{}}', ['body']],
    ['filters that are a list', '/exports/item_master', '{"filters":[]}', ['filters']],
    [
      'filters nested too deep',
      '/exports/item_master',
      `{"filters":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
      ['filters'],
    ],
    ['a sort without type', '/exports/item_master', '{"sort":{"key":"A"}}', ['sort.type']],
    ['a limit of zero', '/exports/item_master', '{"index":{"limit":0}}', ['index.limit']],
    ['a negative offset', '/exports/item_master', '{"index":{"offset":-1}}', ['index.offset']],
    [
      'several faults at once',
      '/exports/item_master',
      '{"filters":1,"sort":{"key":"A","type":"Up"},"index":{"limit":1.5}}',
      ['filters', 'sort.type', 'index.limit'],
    ],
    ['a view name with capitals', '/exports/Item_Master', '{}', ['view_name']],
    ['no view name', '/api/export-data', '{}', ['view_name']],
    ["a view name that is not the path's", '/exports/item_master', '{"view_name":"other"}', ['view_name']],
    [
      'a link lifetime over an hour',
      '/exports/item_master',
      '{"delivery":{"link_lifetime_s":3601}}',
      ['delivery.link_lifetime_s'],
    ],
    ['a file name with a slash', '/exports/item_master', '{"delivery":{"file_name":"../x"}}', ['delivery.file_name']],
    [
      'a file name with a line break',
      '/exports/item_master',
      '{"delivery":{"file_name":"a\\r\\nb"}}',
      ['delivery.file_name'],
    ],
  ])('%s is request-invalid, with the path of every fault', async (_name, path, body, paths) => {
    origin.calls.length = 0;
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    const problem = z
      .object({
        code: z.literal('request-invalid'),
        errors: z.array(z.object({ path: z.string(), message: z.string() })),
      })
      .parse(await answer.json());
    expect(problem.errors.map((fault) => fault.path)).toEqual(paths);
    expect(origin.calls).toEqual([]);
  });

  test.each([
    [
      '415 for a body of another type',
      post,
      '/exports/item_master',
      { 'content-type': 'text/plain' },
      '{}',
      415,
      'media-type-unsupported',
    ],
    [
      '413 for a body of over 256 KiB',
      post,
      '/exports/item_master',
      {},
      JSON.stringify({ filters: { a: 'x'.repeat(262_144) } }),
      413,
      'body-too-large',
    ],
    [
      '400 for an empty Idempotency-Key',
      post,
      '/exports/item_master',
      { 'idempotency-key': '""' },
      '{}',
      400,
      'request-invalid',
    ],
    ['404 for a route that is not there', post, '/elsewhere', {}, '{}', 404, 'route-not-found'],
  ])('is %s', async (_name, send, path, headers, body, status, code) => {
    const answer = await send(path, body, headers);
    expect(await answer.json()).toMatchObject({ status, code, request_id: expect.any(String) });
    expect(answer.status).toBe(status);
  });

  test.each(['-1', '26', 'x', '1.5', ''])('with ?wait=%s is request-invalid', async (wait) => {
    const answer = await get(`/exports/item_master/7ZZZZZZZZZZZZZZZZZZZZZZZZZ?wait=${wait}`);
    expect(await answer.json()).toMatchObject({
      status: 400,
      code: 'request-invalid',
      errors: [{ path: 'query wait' }],
    });
  });

  test.each(['7ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'x', '%00'])('for the export %s is export-not-found', async (id) => {
    const answer = await get(`/exports/item_master/${encodeURIComponent(id)}/workbook`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/-not-found$/) });
  });
});

describe('an Idempotency-Key', () => {
  test('gives repeats the first export, and the origin one call', async () => {
    origin.calls.length = 0;
    const key = { 'idempotency-key': '"intent-1"' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('/exports/item_master', { filters: { a: '1' } }, key)),
    );
    const unquoted = await post('/exports/item_master', { filters: { a: '1' } }, { 'idempotency-key': 'intent-1' });
    const exports = await Promise.all(
      [...answers, unquoted].map(async (answer) => exportSchema.parse(await answer.json())),
    );
    expect(new Set(exports.map(({ export_id }) => export_id)).size).toBe(1);
    expect(origin.calls.filter((call) => call.endsWith('/export-data'))).toHaveLength(1);
  });

  test('is refused for another request', async () => {
    const key = { 'idempotency-key': 'intent-2' };
    await post('/exports/item_master', { index: { limit: 1 } }, key);
    const other = await post('/exports/item_master', { index: { limit: 2 } }, key);
    expect(await other.json()).toMatchObject({ status: 422, code: 'idempotency-mismatch' });
  });

  test('gives a repeat the failure of the first', async () => {
    const key = { 'idempotency-key': 'intent-3' };
    origin.answerExport(answerWith(500, ''));
    expect((await post('/exports/item_master', {}, key)).status).toBe(502);
    origin.answerExport(sendWorkbook(workbook));
    expect((await post('/exports/item_master', {}, key)).status).toBe(502);
  });
});

describe('a link', () => {
  test.each([
    ['orders.xlsx', 'orders.xlsx'],
    ['orders', 'orders.xlsx'],
    ['Bestellungen "März" 100% (ä; ü).xlsx', 'Bestellungen "März" 100% (ä; ü).xlsx'],
    ['注文 📦 👩‍👩‍👧.XLSX', '注文 📦 👩‍👩‍👧.XLSX'],
    [`'; filename*=UTF-8''evil.exe`, `'; filename*=UTF-8''evil.exe.xlsx`],
  ])('names the file %s', async (given, expected) => {
    const created = await post('/exports/item_master', { delivery: { file_name: given } });
    const { link, workbook: facts } = readySchema.parse(await created.json());
    expect(facts).toMatchObject({ file_name: expected });
    const answer = await fetch(link.url);
    const { parse } = await import('content-disposition');
    expect(parse(answer.headers.get('content-disposition') ?? '')).toMatchObject({
      type: 'attachment',
      parameters: { filename: expected },
    });
    expect(answer.headers.get('content-type')).toBe(spreadsheetMediaType);
  });

  test.each([60, 900, 3600])('of %i s says truly when it ends', async (seconds) => {
    const created = await post('/exports/item_master', { delivery: { link_lifetime_s: seconds } });
    const { link } = readySchema.parse(await created.json());
    const query = new URL(link.url).searchParams;
    const signedAt = (query.get('X-Amz-Date') ?? '').replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
    const expires = Number(query.get('X-Amz-Expires'));
    expect(Date.parse(link.expires_at)).toBe(Date.parse(signedAt) + expires * 1000);
    // An hour is also the most that the credentials behind a link live, so that long link may lose some seconds.
    expect(expires).toBeGreaterThan(seconds - 30);
    expect(expires).toBeLessThanOrEqual(seconds);
    expect(query.has('X-Amz-Security-Token')).toBe(true);
  });

  test('is a fresh one whenever the export is looked at', async () => {
    const created = await post('/exports/item_master');
    const path = created.headers.get('location') ?? '';
    const again = readySchema.parse(await (await get(path)).json());
    expect(await bytesAt(again.link.url)).toEqual(workbook);
  });

  test('cannot be turned into a link to a record', async () => {
    const created = await post('/exports/item_master');
    const { link, export_id } = readySchema.parse(await created.json());
    const bent = link.url.replace(`workbooks/item_master/${export_id}/1.xlsx`, `exports/item_master/${export_id}.json`);
    expect(bent).not.toBe(link.url);
    expect((await fetch(bent)).status).toBe(403);
  });
});

describe('a direct invocation', () => {
  test('answers the export with its link', async () => {
    const shown = readySchema.parse(
      await proxy.invokeExport({ view_name: 'item_master', delivery: { file_name: 'x.xlsx' } }),
    );
    expect(shown).toMatchObject({ status: 'ready', trigger: { kind: 'invoke' }, workbook: { file_name: 'x.xlsx' } });
    expect(await bytesAt(shown.link.url)).toEqual(workbook);
  });

  test('answers a failed export with its problem', async () => {
    origin.answerExport(answerWith(500, ''));
    expect(await proxy.invokeExport({ view_name: 'item_master' })).toMatchObject({
      status: 'failed',
      problem: { code: 'origin-failed' },
    });
  });

  test.each([[{}], [{ view_name: 'item_master', filter: {} }], ['text'], [null]])(
    'with the payload %j throws, saying what is wrong',
    async (payload) => {
      await expect(proxy.invokeExport(payload)).rejects.toMatchObject({ code: 'request-invalid' });
    },
  );
});

describe('methods', () => {
  const send = (method: string, path: string) => fetch(`${proxy.url}${path}`, { method, redirect: 'manual' });

  test('HEAD answers as GET does, without the body', async () => {
    const path = (await post('/exports/item_master')).headers.get('location') ?? '';
    for (const address of [path, `${path}/workbook`, '/health', '/exports/item_master/7ZZZZZZZZZZZZZZZZZZZZZZZZZ']) {
      const [head, full] = [await send('HEAD', address), await send('GET', address)];
      expect([head.status, head.headers.get('content-type')]).toEqual([full.status, full.headers.get('content-type')]);
      expect(await head.text()).toBe('');
    }
  });

  test.each([
    ['PUT', '/exports/item_master', 'POST, GET, HEAD'],
    ['DELETE', '/api/export-data', 'POST'],
    ['PUT', '/exports/item_master/7ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'GET, HEAD, DELETE'],
    ['POST', '/exports/item_master/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/workbook', 'GET, HEAD'],
    ['OPTIONS', '/health', 'GET, HEAD'],
    ['PATCH', '/health/', 'GET, HEAD'],
  ])('%s %s is method-not-allowed, and Allow says %s', async (method, path, allow) => {
    const answer = await send(method, path);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    expect(await answer.json()).toMatchObject({ code: 'method-not-allowed', detail: expect.stringContaining(method) });
  });

  test('a path that is no route is route-not-found for every method', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) expect((await send(method, '/exports')).status).toBe(404);
  });
});

test('GET /views tells what is known of every view', async () => {
  const answer = await get('/views');
  expect(answer.status).toBe(200);
  const { views } = viewsSchema.parse(await answer.json());
  expect(views).toHaveLength(44);
  expect(views.find(({ view_name }) => view_name === 'purchase_order_item')).toEqual({
    view_name: 'purchase_order_item',
    group: 'Purchase Orders',
    privilege: 'Procurement',
    columns: expect.arrayContaining([
      { key: 'PO List Number', format: 'string-link', alias: 'PO #', documented: true },
      { key: 'PO Details Ship Date', format: 'date', documented: true },
    ]),
    hidden_columns: expect.arrayContaining([{ key: 'Item Number', format: 'string-link', documented: false }]),
  });
});

test('GET /health answers without facts', async () => {
  const answer = await get('/health');
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
});
