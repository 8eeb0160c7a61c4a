import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GetObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { type Attempt, createAttempt } from '../../../functions/export/attempt.ts';
import type { Deadline } from '../../../functions/export/deadline.ts';
import { createCallOrigin } from '../../../functions/export/origin.ts';
import { createStore } from '../../../functions/export/store/store.ts';
import { createProveWorkbook } from '../../../functions/export/proof/proof.ts';
import { createTries } from '../../../functions/export/tries.ts';
import { createOpenWorkbook } from '../../../functions/export/workbook-source.ts';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type FleetAws, startFleetAws } from '../../support/fleet.ts';
import {
  acceptLogIn,
  answerWith,
  type ScriptedOrigin,
  sendWorkbook,
  startScriptedOrigin,
} from '../../support/scripted-origin.ts';
import { smallWorkbook } from '../../support/workbooks.ts';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

let origin: ScriptedOrigin;
let fleet: FleetAws;
let s3: S3Client;
let workbook: Uint8Array;
/** One over the set size. */
let largeWorkbook: Uint8Array;
let attempt: Attempt;
let waits: number[];
/** Does nothing where a test does not say otherwise: then every wait is over at once. */
let passTime: (ms: number) => Promise<unknown>;
let jitter: number;
let logIns: number;
let told: number[];

beforeAll(async () => {
  origin = await startScriptedOrigin();
  fleet = await startFleetAws();
  const { endpoint, region, credentials } = fleet.aws;
  s3 = new S3Client({ endpoint, region, credentials });
  workbook = await smallWorkbook();
  largeWorkbook = await smallWorkbook(Array.from({ length: 8_000 }, () => [randomBytes(60).toString('base64')]));
});

beforeEach(async () => {
  const now = Date.now;
  const callOrigin = createCallOrigin();
  const secret = await fleet.secretOf({ base_url: origin.url, username: 'u', password: 'p' });
  waits = [];
  passTime = () => Promise.resolve();
  jitter = 0;
  told = [];
  attempt = createAttempt({
    sessions: secret.instance({ timing: { leastLimitMs: 10 } }),
    openWorkbook: createOpenWorkbook({ callOrigin, now }),
    proveWorkbook: createProveWorkbook(1),
    store: createStore(s3, fleet.bucket),
    tries: createTries({ now, random: () => jitter, sleep: (ms) => passTime(waits.push(ms) && ms) }),
    maximumWorkbookBytes: 300_000,
    now,
  });
  logIns = 0;
  origin.calls.length = 0;
  // Every log-in gives another token; the origin takes only the newest, and nothing says so before.
  origin.answerLogIn((request, response) => {
    logIns += 1;
    acceptLogIn(900, `token${logIns}`)(request, response);
  });
  origin.answerExport(takeNewestToken);
});

afterAll(async () => {
  await origin.close();
  await fleet.close();
});

const isNewest = (request: IncomingMessage) =>
  request.headers.cookie?.includes(`access_token_cookie=token${logIns}.`) === true;

const takeNewestToken: Respond = (request, response) => {
  if (isNewest(request)) sendWorkbook(workbook)(request, response);
  else answerWith(401, '{"msg":"Token has been revoked"}')(request, response);
};

/** These answers one after another, and then the workbook. */
function inTurn(...responds: readonly Respond[]): Respond {
  const left = [...responds];
  return (request, response) => (left.shift() ?? sendWorkbook(workbook))(request, response);
}

function deadlineIn(ms: number): Deadline {
  return { signal: AbortSignal.timeout(ms), endsAtMs: Date.now() + ms };
}

const run = (deadline = deadlineIn(10_000)) =>
  attempt({ view_name: 'item_master', filters: { a: 1 } }, 'workbooks/w.xlsx', deadline, (bytes) => told.push(bytes));

const exportCalls = () => origin.calls.filter((call) => call === 'POST /api/export-data').length;

async function stored(): Promise<Uint8Array | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: fleet.bucket, Key: 'workbooks/w.xlsx' }));
  return Body?.transformToByteArray();
}

describe('an attempt', () => {
  test("carries Knosc's body, the cookies and the CSRF token", async () => {
    expect(await run()).toMatchObject({ bytes: workbook.length });
    const { headers, body } = origin.lastExport();
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-xsrf-token': 'csrf-token1',
      cookie: expect.stringMatching(/^access_token_cookie=token1\.\S+; csrf_access_token=csrf-token1$/),
    });
    expect(body).toEqual({ view_name: 'item_master', filters: { a: 1 } });
  });

  test('uses one log-in for many', async () => {
    for (let n = 0; n < 3; n += 1) await run();
    expect(logIns).toBe(1);
  });

  test.each([401, 422])(
    'whose old session is answered with %i is repeated once, with another session',
    async (status) => {
      await run();
      let refusals = 0;
      origin.answerExport((request, response) => {
        if (request.headers.cookie?.includes('token2.') === true) return takeNewestToken(request, response);
        refusals += 1;
        return answerWith(status, '{"msg":"no"}')(request, response);
      });
      await run();
      expect([refusals, logIns, waits]).toEqual([1, 2, [0]]);
    },
  );

  test('goes on with the connection whose answer it refused, since its body was read to the end', async () => {
    await run();
    const before = origin.connections();
    logIns += 1;
    // More than undici takes in by itself before it is read, and less than is read of a refusal.
    const refusal = JSON.stringify({ msg: 'x'.repeat(16_000) });
    origin.answerExport((request, response) => {
      if (isNewest(request)) takeNewestToken(request, response);
      else answerWith(401, refusal)(request, response);
    });
    await run();
    expect(origin.connections() - before).toBe(0);
  });

  test('whose new session is refused is not repeated, and the next one gets by with another', async () => {
    origin.answerExport(answerWith(401, '{"msg":"no"}'));
    await expect(run()).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect([logIns, exportCalls()]).toEqual([1, 1]);
    origin.answerExport((request, response) => {
      if (request.headers.cookie?.includes('token1.') === true) answerWith(401, '{"msg":"no"}')(request, response);
      else takeNewestToken(request, response);
    });
    await run();
    expect(logIns).toBe(2);
  });
});

const spreadsheet = { 'content-type': spreadsheetMediaType };
const reset: Respond = (request) => void request.socket.resetAndDestroy();
const close: Respond = (request) => void request.socket.destroy();
const cut: Respond = (_request, response) =>
  void response.writeHead(200, spreadsheet).write(workbook.subarray(0, 500), () => response.destroy());
const wrongLength: Respond = (_request, response) =>
  void response
    .writeHead(200, { ...spreadsheet, 'content-length': String(workbook.length + 10), connection: 'close' })
    .end(workbook);

describe('a passing fault', () => {
  test.each<[string, Respond]>([
    ['429', answerWith(429, '')],
    ['500', answerWith(500, '{"Message":"Unexpected","Code":"Server.Error"}')],
    ['502', answerWith(502, '<html>', { 'content-type': 'text/html' })],
    ['503', answerWith(503, '')],
    ['504', answerWith(504, '')],
    ['a refusal whose body never ends', (_request, response) => void response.writeHead(503).write('x')],
    ['a reset before an answer', reset],
    ['a connection closed before an answer', close],
    ['a body cut in the middle', cut],
    ['a body shorter than its length', wrongLength],
  ])('%s, is met with the export begun anew, and what is stored is whole', async (_name, respond) => {
    origin.answerExport(inTurn(respond));
    expect(await run()).toMatchObject({ bytes: workbook.length });
    expect([exportCalls(), waits]).toEqual([2, [0]]);
    expect(Buffer.compare((await stored()) ?? Buffer.of(), workbook)).toBe(0);
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: fleet.bucket }));
    expect(Uploads).toEqual([]);
  });

  test('of the log-in is met once the cool-down that the fleet shares is over', async () => {
    passTime = delay;
    // S3's clock is right to a second only, and the cool-down goes by it.
    jitter = 0.5;
    origin.answerLogIn((request, response) => {
      logIns += 1;
      (logIns === 1 ? answerWith(503, '') : acceptLogIn(900, 'token2'))(request, response);
    });
    await run();
    expect([logIns, exportCalls()]).toEqual([2, 1]);
    expect(waits).toHaveLength(1);
  });

  test('is met twice, and then passed on, whatever the causes', async () => {
    await run();
    origin.calls.length = 0;
    logIns += 1;
    origin.answerExport(inTurn(answerWith(401, '{"msg":"no"}'), cut, answerWith(503, '')));
    await expect(run()).rejects.toMatchObject({ code: 'origin-busy', facts: { origin: { status: 503 } } });
    expect(exportCalls()).toBe(3);
  });

  test.each<[string, string, (seconds: number) => string]>([
    ['in seconds', '429', String],
    ['as a date', '503', (seconds) => new Date(Date.now() + seconds * 1000).toUTCString()],
  ])('that says Retry-After %s is met no sooner', async (_form, status, headerOf) => {
    origin.answerExport(inTurn(answerWith(Number(status), '', { 'retry-after': headerOf(4) })));
    await run(deadlineIn(60_000));
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(3_000);
    expect(waits[0]).toBeLessThanOrEqual(4_000);
  });

  test('that asks for more time than there is fails at once, and says what was asked', async () => {
    origin.answerExport(inTurn(answerWith(429, '', { 'retry-after': '90' })));
    await expect(run()).rejects.toMatchObject({ code: 'origin-busy', facts: { retryAfterSeconds: 90 } });
    expect([exportCalls(), waits]).toEqual([1, []]);
  });
});

test('tells the bytes that have come, from nothing at each try', async () => {
  origin.answerExport(inTurn(cut));
  await run();
  const begins = told.flatMap((bytes, at) => (bytes === 0 ? [at] : []));
  expect(begins).toEqual([0, begins[1]]);
  expect(told[(begins[1] ?? 0) - 1]).toBe(500);
  expect(told.at(-1)).toBe(workbook.length);
});

describe('what a repeat would not mend is asked for once:', () => {
  test.each<[string, Respond, string]>([
    ['400', answerWith(400, '{"Message":"no","Code":"CouldNotConstructExportData"}'), 'data-not-assembled'],
    ['403', answerWith(403, '{"Message":"no","Code":"User.NotPrivileged"}'), 'view-not-privileged'],
    ['404', answerWith(404, ''), 'request-refused'],
    ['501', answerWith(501, ''), 'origin-failed'],
    ['a redirect', answerWith(302, '', { location: '/login' }), 'origin-failed'],
    ['a log-in page', answerWith(200, '<html>', { 'content-type': 'text/html' }), 'workbook-unsound'],
    [
      'half a workbook that ends politely',
      (q, r) => answerWith(200, workbook.subarray(0, 500), spreadsheet)(q, r),
      'workbook-unsound',
    ],
    [
      'a workbook that is too large',
      (request, response) => sendWorkbook(largeWorkbook)(request, response),
      'workbook-too-large',
    ],
  ])('%s', async (_name, respond, code) => {
    origin.answerExport(respond);
    await expect(run()).rejects.toMatchObject({ code });
    expect(exportCalls()).toBe(1);
  });
});

test('the deadline covers the body as well, and nothing is tried after it', async () => {
  // There is a session already, so that the time is spent on the export alone.
  await run();
  origin.calls.length = 0;
  origin.answerExport(
    (_request, response) => void response.writeHead(200, spreadsheet).write(workbook.subarray(0, 500)),
  );
  await expect(run(deadlineIn(1_000))).rejects.toMatchObject({ code: 'origin-timeout' });
  expect(exportCalls()).toBe(1);
});

test('what Knosc said is passed on, cut to size and without control characters', async () => {
  const said = JSON.stringify({ Message: `a\r\nb\u0000${'x'.repeat(1000)}`, Code: 'Odd<Code>' });
  origin.answerExport(answerWith(400, said));
  const failure: unknown = await run().catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'request-refused',
    facts: { origin: { status: 400, Message: expect.stringMatching(/^a {2}b x{295}$/) } },
  });
  expect(JSON.stringify(failure)).not.toContain('Odd<Code>');
});
