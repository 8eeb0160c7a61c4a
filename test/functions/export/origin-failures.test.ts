import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { objectsUnder } from '../../support/bucket.ts';
import { answerWith, type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from '../../support/scripted-origin.ts';
import { smallWorkbook } from '../../support/workbooks.ts';

// The export's deadline lies 10 s before the function's time limit: here it is 1.5 s.
const exportTimeoutSeconds = 11.5;

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;
let workbook: Uint8Array;
/** One over the set size. */
let largeWorkbook: Uint8Array;
const maximumWorkbookBytes = 300_000;

beforeAll(async () => {
  workbook = await smallWorkbook();
  largeWorkbook = await smallWorkbook(Array.from({ length: 8_000 }, () => [randomBytes(60).toString('base64')]));
  origin = await startScriptedOrigin();
  proxy = await startExportProxy({
    port: 0,
    account: { base_url: origin.url, username: 'export', password: 'secret' },
    exportTimeoutSeconds,
    maximumWorkbookBytes,
    random: () => 0,
    sessionTiming: { leastLimitMs: 100 },
  });
});

afterAll(async () => {
  await proxy.close();
  await origin.close();
});

const spreadsheet = { 'content-type': spreadsheetMediaType };
type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** Sends the first bytes of a workbook and then breaks the connection. */
function cutAt(bytes: number, isChunked: boolean): Respond {
  return (_request, response) => {
    response.writeHead(200, isChunked ? spreadsheet : { ...spreadsheet, 'content-length': String(workbook.length) });
    response.write(workbook.subarray(0, bytes), () => response.destroy());
  };
}

/** Sends the first bytes of a workbook and ends as if that were all. */
function shortenedTo(bytes: number): Respond {
  return (_request, response) => void response.writeHead(200, spreadsheet).end(workbook.subarray(0, bytes));
}

function createExport(): Promise<Response> {
  return fetch(`${proxy.url}/exports/purchase_order_list`, { method: 'POST' });
}

const failures: readonly { name: string; respond: Respond; status: number; code: string; headers?: object }[] = [
  { name: '401', respond: answerWith(401, '{"msg":"Token has expired"}'), status: 502, code: 'credentials-unusable' },
  {
    name: '403',
    respond: answerWith(403, '{"Message":"Not Privileged for this action","Code":"User.NotPrivileged"}'),
    status: 403,
    code: 'view-not-privileged',
  },
  { name: '422', respond: answerWith(422, '{"msg":"Missing CSRF token"}'), status: 502, code: 'origin-failed' },
  {
    name: '400 ExcelExportWithoutExtra',
    respond: answerWith(400, '{"Message":"no","Code":"ExcelExportWithoutExtra"}'),
    status: 400,
    code: 'view-not-exportable',
  },
  {
    name: '400 CouldNotConstructExportData',
    respond: answerWith(400, '{"Message":"no","Code":"CouldNotConstructExportData"}'),
    status: 400,
    code: 'data-not-assembled',
  },
  {
    name: '400 of another code',
    respond: answerWith(400, '{"Message":"no","Code":"JSON.Invalid"}'),
    status: 400,
    code: 'request-refused',
  },
  { name: '404', respond: answerWith(404, 'nothing here'), status: 400, code: 'request-refused' },
  {
    name: '429 with Retry-After in seconds',
    respond: answerWith(429, '', { 'retry-after': '17' }),
    status: 503,
    code: 'origin-busy',
    headers: { 'retry-after': '17' },
  },
  { name: '429 without Retry-After', respond: answerWith(429, ''), status: 503, code: 'origin-busy' },
  { name: '503', respond: answerWith(503, 'down'), status: 503, code: 'origin-busy' },
  {
    name: '500',
    respond: answerWith(500, '{"Message":"Unexpected","Code":"Server.Error"}'),
    status: 502,
    code: 'origin-failed',
  },
  {
    name: '500 with a body that never ends',
    respond: (_request, response) => void response.writeHead(500).write('x'.repeat(100_000)),
    status: 502,
    code: 'origin-failed',
  },
  { name: '504', respond: answerWith(504, ''), status: 504, code: 'origin-timeout' },
  { name: 'a redirect', respond: answerWith(302, '', { location: '/login' }), status: 502, code: 'origin-failed' },
  {
    name: 'HTML with status 200',
    respond: answerWith(200, '<html>Log in</html>', { 'content-type': 'text/html; charset=utf-8' }),
    status: 502,
    code: 'workbook-unsound',
  },
  {
    name: 'JSON with status 200',
    respond: answerWith(200, '{"notification_type":"Warning"}'),
    status: 502,
    code: 'workbook-unsound',
  },
  {
    name: 'a workbook that is called something else',
    respond: (request, response) =>
      answerWith(200, workbook, { 'content-type': 'application/octet-stream' })(request, response),
    status: 502,
    code: 'workbook-unsound',
  },
  {
    name: 'HTML that calls itself a workbook',
    respond: answerWith(200, '<html>Log in</html>', spreadsheet),
    status: 502,
    code: 'workbook-unsound',
  },
  { name: 'an empty body', respond: answerWith(200, '', spreadsheet), status: 502, code: 'workbook-unsound' },
  {
    name: 'a workbook over the set size',
    respond: (_request, response) => void response.writeHead(200, spreadsheet).end(largeWorkbook),
    status: 502,
    code: 'workbook-too-large',
  },
  {
    name: 'a body slower than the deadline',
    respond: (_request, response) => void response.writeHead(200, spreadsheet).write(workbook.subarray(0, 100)),
    status: 504,
    code: 'origin-timeout',
  },
  {
    name: 'a large body slower than the deadline',
    respond: (_request, response) =>
      void response.writeHead(200, spreadsheet).write(largeWorkbook.subarray(0, maximumWorkbookBytes - 1)),
    status: 504,
    code: 'origin-timeout',
  },
  { name: 'silence', respond: () => undefined, status: 504, code: 'origin-timeout' },
  {
    name: 'a connection closed without an answer',
    respond: (request) => void request.socket.destroy(),
    status: 502,
    code: 'origin-failed',
  },
  ...[0, 1, 3, 4, 50, 500].flatMap((bytes) => [
    {
      name: `a body of known length cut at byte ${bytes}`,
      respond: cutAt(bytes, false),
      status: 502,
      code: 'origin-failed',
    },
    { name: `a chunked body cut at byte ${bytes}`, respond: cutAt(bytes, true), status: 502, code: 'origin-failed' },
  ]),
];

describe.each(failures)('when Knosc answers with $name', ({ respond, status, code, headers }) => {
  test(`the caller gets ${code}, nothing is published, and the next export works`, async () => {
    origin.answerExport(respond);
    const failed = await createExport();
    expect(failed.headers.get('content-type')).toBe('application/problem+json');
    expect(await failed.json()).toMatchObject({
      status,
      code,
      export_id: expect.any(String),
      request_id: expect.any(String),
    });
    expect(failed.status).toBe(status);
    expect(Object.fromEntries(failed.headers)).toMatchObject(headers ?? {});
    expect(await objectsUnder(proxy, 'workbooks/')).toEqual([]);

    origin.answerExport(sendWorkbook(workbook));
    const next = await createExport();
    expect(next.status).toBe(201);
    const { link, export_id } = JSON.parse(await next.text());
    expect(Buffer.from(await (await fetch(link.url)).arrayBuffer()).equals(workbook)).toBe(true);
    await removeWorkbook(export_id);
  });
});

async function removeWorkbook(exportId: string): Promise<void> {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  const { s3Of } = await import('../../support/bucket.ts');
  const Key = `workbooks/purchase_order_list/${exportId}/1.xlsx`;
  await s3Of(proxy).send(new DeleteObjectCommand({ Bucket: proxy.bucket, Key }));
}

test('a workbook shortened anywhere, though it ends politely, is never published', async () => {
  const cuts = Array.from({ length: 6 }, (_, step) => Math.floor((workbook.length * step) / 6));
  for (const bytes of [...cuts, workbook.length - 1]) {
    origin.answerExport(shortenedTo(bytes));
    const failed = await createExport();
    expect(await failed.json(), `cut at ${bytes}`).toMatchObject({ code: 'workbook-unsound' });
  }
  expect(await objectsUnder(proxy, 'workbooks/')).toEqual([]);
});

test('a refused connection is origin-failed, and the next export after the origin is back works', async () => {
  const { port } = origin;
  await origin.close();
  const failed = await createExport();
  expect(failed.status).toBe(502);
  expect(await failed.json()).toMatchObject({ code: 'origin-failed', detail: expect.stringContaining('ECONNREFUSED') });

  origin = await startScriptedOrigin(port);
  origin.answerExport(sendWorkbook(workbook));
  const next = await createExport();
  expect(next.status).toBe(201);
});
