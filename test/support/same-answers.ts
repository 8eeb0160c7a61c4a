import { expect } from 'vitest';
import * as z from 'zod';
import { spreadsheetMediaType } from '../../functions/ledger/link.ts';
import { rowsOf } from './workbooks.ts';

/** An answer over HTTP, however it was fetched. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One call of the HTTP interface; redirects are not followed. */
export type CallProxy = (
  method: string,
  path: string,
  options?: { body?: string; headers?: Record<string, string> },
) => Promise<HttpAnswer>;

interface SameAnswer {
  readonly name: string;
  readonly check: (call: CallProxy) => Promise<void>;
}

const json = { 'content-type': 'application/json' };
const readySchema = z.looseObject({ export_id: z.string(), link: z.object({ url: z.string() }) });
const unknownExport = '/exports/item_master/7ZZZZZZZZZZZZZZZZZZZZZZZZZ';

/** A call that must be answered alike by `npm start` and by the deployed stack: status, code, and headers that matter. */
function answers(
  method: string,
  path: string,
  status: number,
  expected: { code?: string; allow?: string; body?: string; headers?: Record<string, string> } = {},
): SameAnswer {
  return {
    name: `${method} ${path}${expected.code ? ` (${expected.code})` : ''} is ${status}`,
    check: async (call) => {
      const { body, headers = body === undefined ? {} : json } = expected;
      const answer = await call(method, path, { headers, ...(body !== undefined && { body }) });
      expect(answer.status).toBe(status);
      expect(answer.headers['cache-control']).toBe('no-store');
      if (expected.allow !== undefined) expect(answer.headers['allow']).toBe(expected.allow);
      if (expected.code === undefined) return;
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body)).toMatchObject({ status, code: expected.code, request_id: expect.any(String) });
    },
  };
}

/** The one table that both run. Knosc's stand-in is behind each of them. */
export const sameAnswers: readonly SameAnswer[] = [
  answers('GET', '/health', 200),
  answers('HEAD', '/health', 200),
  answers('GET', '/views', 200),
  answers('GET', '/openapi.json', 200),
  answers('GET', '/exports/never_exported', 200),
  answers('GET', '/exports/item_master?limit=0', 400, { code: 'request-invalid' }),
  answers('GET', '/exports/never_exported/latest', 404, { code: 'export-not-found' }),
  answers('DELETE', unknownExport, 404, { code: 'export-not-found' }),
  answers('POST', '/exports/item_master', 201),
  answers('POST', '/exports/no_such_view', 400, { code: 'view-not-exportable' }),
  answers('POST', '/exports/item_master', 400, { code: 'data-not-assembled', body: '{"filters":{"Nope":1}}' }),
  answers('POST', '/exports/item_master', 400, { code: 'request-invalid', body: '{"filter":{}}' }),
  answers('POST', '/exports/item_master', 400, { code: 'request-invalid', body: '{"filters":' }),
  answers('POST', '/exports/item_master', 415, {
    code: 'media-type-unsupported',
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  }),
  answers('POST', '/exports/item_master', 406, {
    code: 'not-acceptable',
    body: '{}',
    headers: { ...json, accept: 'text/html' },
  }),
  answers('POST', '/exports/item_master', 413, {
    code: 'body-too-large',
    body: JSON.stringify({ filters: { a: 'x'.repeat(300_000) } }),
  }),
  answers('GET', unknownExport, 404, { code: 'export-not-found' }),
  answers('GET', `${unknownExport}/workbook`, 404, { code: 'export-not-found' }),
  answers('GET', `${unknownExport}?wait=99`, 400, { code: 'request-invalid' }),
  answers('GET', '/nowhere', 404, { code: 'route-not-found' }),
  answers('DELETE', '/api/export-data', 405, { code: 'method-not-allowed', allow: 'POST' }),
  {
    name: 'POST /api/export-data gives a link to exactly the rows asked for',
    check: async (call) => {
      const request = {
        view_name: 'item_master',
        filters: { 'Item Number': ['ITEM-A', 'COMP-X'] },
        sort: { key: 'Item Number', type: 'Descending' },
      };
      const answer = await call('POST', '/api/export-data', { body: JSON.stringify(request), headers: json });
      expect(answer.status).toBe(201);
      const { link, export_id } = readySchema.parse(JSON.parse(answer.body));
      expect(answer.headers['location']).toBe(`/exports/item_master/${export_id}`);
      const bytes = new Uint8Array(await (await fetch(link.url)).arrayBuffer());
      expect((await rowsOf(bytes)).map((row) => row[1])).toEqual(['Item Number', 'ITEM-A', 'COMP-X']);
      const again = await call('GET', `/exports/item_master/${export_id}`);
      expect(readySchema.parse(JSON.parse(again.body))).toMatchObject({ export_id, status: 'ready' });
    },
  },
  {
    name: 'who accepts a spreadsheet is led to it',
    check: async (call) => {
      const created = await call('POST', '/exports/supplier_master', { headers: { accept: spreadsheetMediaType } });
      expect(created.status).toBe(303);
      const waited = await call('GET', created.headers['location'] ?? '');
      expect(waited.status).toBe(303);
      const workbook = await fetch(waited.headers['location'] ?? '');
      expect(workbook.headers.get('content-disposition')).toMatch(/^attachment; filename=/);
      expect(await rowsOf(new Uint8Array(await workbook.arrayBuffer()))).toHaveLength(41);
    },
  },
  {
    name: 'a repeat with the same Idempotency-Key gets the same export, another request 422',
    check: async (call) => {
      const headers = { ...json, 'idempotency-key': crypto.randomUUID() };
      const post = (body: string) => call('POST', '/exports/item_master', { body, headers });
      const [first, second] = [await post('{"index":{"limit":1}}'), await post('{"index":{"limit":1}}')];
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(readySchema.parse(JSON.parse(second.body)).export_id).toBe(
        readySchema.parse(JSON.parse(first.body)).export_id,
      );
      expect((await post('{"index":{"limit":2}}')).status).toBe(422);
    },
  },
  {
    name: 'an export is listed, is the latest, is 304 by its tag, and its workbook is gone after DELETE',
    check: async (call) => {
      const created = await call('POST', '/exports/customer_master');
      const path = created.headers['location'] ?? '';
      const { export_id, link } = readySchema.parse(JSON.parse(created.body));
      const list = JSON.parse((await call('GET', '/exports/customer_master?limit=1')).body);
      expect(list).toMatchObject({ exports: [{ export_id, status: 'ready' }] });
      const latest = await call('GET', '/exports/customer_master/latest');
      expect(readySchema.parse(JSON.parse(latest.body)).export_id).toBe(export_id);
      const unchanged = await call('GET', path, { headers: { 'if-none-match': latest.headers['etag'] ?? '' } });
      expect([unchanged.status, unchanged.body]).toEqual([304, '']);
      for (const method of ['DELETE', 'DELETE', 'GET']) {
        const answer = await call(method, path);
        expect([answer.status, JSON.parse(answer.body)]).toMatchObject([200, { export_id, status: 'deleted' }]);
      }
      expect((await fetch(link.url)).status).toBe(404);
      expect((await call('GET', `${path}/workbook`)).status).toBe(410);
    },
  },
  {
    name: 'who prefers not to wait is answered 202 at once, and who takes a young export joins it',
    check: async (call) => {
      const headers = { ...json, prefer: 'respond-async' };
      const created = await call('POST', '/exports/warehouse_master', { headers, body: '{}' });
      expect([created.status, created.headers['preference-applied']]).toEqual([202, 'respond-async']);
      const body = JSON.stringify({ delivery: { max_age_s: 60 } });
      const joined = await call('POST', '/exports/warehouse_master', { headers: json, body });
      expect([joined.status, joined.headers['location']]).toEqual([201, created.headers['location']]);
    },
  },
];
