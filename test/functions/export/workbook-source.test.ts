import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deadlineIn } from '../../../functions/export/deadline.ts';
import { createCallOrigin } from '../../../functions/export/origin.ts';
import { createOpenWorkbook, type OpenWorkbook } from '../../../functions/export/workbook-source.ts';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type FleetAws, startFleetAws } from '../../support/fleet.ts';
import { acceptLogIn, answerWith, type ScriptedOrigin, startScriptedOrigin } from '../../support/scripted-origin.ts';

let fleetAws: FleetAws;
let origin: ScriptedOrigin;
let openWorkbook: OpenWorkbook;
let logIns: number;

beforeAll(async () => {
  origin = await startScriptedOrigin();
  fleetAws = await startFleetAws();
});

beforeEach(async () => {
  const secret = await fleetAws.secretOf({ base_url: origin.url, username: 'u', password: 'p' });
  const callOrigin = createCallOrigin();
  openWorkbook = createOpenWorkbook({ callOrigin, sessions: secret.instance({ callOrigin }), now: Date.now });
  logIns = 0;
  // Every log-in gives another token; the origin takes only the newest, and nothing says so before.
  origin.answerLogIn((request, response) => {
    logIns += 1;
    acceptLogIn(900, `token${logIns}`)(request, response);
  });
  origin.answerRenewal(answerWith(401, '{"msg":"Token has been revoked"}'));
  origin.answerExport(takeNewestToken);
});

afterAll(async () => {
  await origin.close();
  await fleetAws.close();
});

const takeNewestToken: Parameters<ScriptedOrigin['answerExport']>[0] = (request, response) => {
  const isNewest = request.headers.cookie?.includes(`access_token_cookie=token${logIns}.`) === true;
  if (isNewest) answerWith(200, 'bytes', { 'content-type': spreadsheetMediaType })(request, response);
  else answerWith(401, '{"msg":"Token has been revoked"}')(request, response);
};

async function open(): Promise<string> {
  const request = { view_name: 'item_master', filters: { a: 1 } };
  const { body } = await openWorkbook(request, deadlineIn(30_000, Date.now));
  return text(body);
}

describe('an export', () => {
  test("carries Knosc's body, the cookies and the CSRF token", async () => {
    expect(await open()).toBe('bytes');
    const { headers, body } = origin.lastExport();
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-xsrf-token': 'csrf-token1',
      cookie: expect.stringMatching(/^access_token_cookie=token1\.\S+; csrf_access_token=csrf-token1$/),
    });
    expect(body).toEqual({ view_name: 'item_master', filters: { a: 1 } });
  });

  test('uses one log-in for many', async () => {
    for (let n = 0; n < 3; n += 1) await open();
    expect(logIns).toBe(1);
  });

  test.each([401, 422])(
    'whose old session is answered with %i and cannot be renewed logs in once more and is repeated once',
    async (status) => {
      await open();
      let refusals = 0;
      origin.answerExport((request, response) => {
        if (request.headers.cookie?.includes('token2.') === true) return takeNewestToken(request, response);
        refusals += 1;
        return answerWith(status, '{"msg":"no"}')(request, response);
      });
      expect(await open()).toBe('bytes');
      expect([refusals, logIns]).toEqual([1, 2]);
    },
  );

  test('goes on with the connection whose answer it refused, since its body was read to the end', async () => {
    await open();
    // Asked for in the very turn in which the first one's body ended, so that there is a connection more than is needed.
    await open();
    const before = origin.connections();
    logIns += 1;
    // More than undici takes in by itself before it is read.
    const refusal = JSON.stringify({ msg: 'x'.repeat(100_000) });
    origin.answerExport((request, response) => {
      if (request.headers.cookie?.includes('token1.') === true) answerWith(401, refusal)(request, response);
      else takeNewestToken(request, response);
    });
    expect(await open()).toBe('bytes');
    expect(origin.connections() - before).toBe(0);
  });

  test.each([401, 422])('whose session is answered with %i renews it and is repeated once', async (status) => {
    await open();
    origin.answerRenewal(acceptLogIn(900, 'renewed'));
    let refusals = 0;
    origin.answerExport((request, response) => {
      if (request.headers['x-xsrf-token'] === 'csrf-renewed') {
        answerWith(200, 'bytes', { 'content-type': spreadsheetMediaType })(request, response);
      } else {
        refusals += 1;
        answerWith(status, '{"msg":"no"}')(request, response);
      }
    });
    expect(await open()).toBe('bytes');
    expect([refusals, logIns]).toEqual([1, 1]);
    expect(await open()).toBe('bytes');
    expect([refusals, logIns]).toEqual([1, 1]);
  });

  test('whose renewed session is refused too is not repeated again', async () => {
    await open();
    origin.answerRenewal(acceptLogIn(900, 'renewed'));
    let asked = 0;
    origin.answerExport((request, response) => {
      asked += 1;
      answerWith(401, '{"msg":"no"}')(request, response);
    });
    await expect(open()).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect([asked, logIns]).toEqual([2, 1]);
  });

  test('whose new session is refused is not repeated, and the next one begins with it again', async () => {
    origin.answerExport(answerWith(401, '{"msg":"no"}'));
    await expect(open()).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect(logIns).toBe(1);
    origin.answerExport(takeNewestToken);
    expect(await open()).toBe('bytes');
    expect(logIns).toBe(1);
  });

  test('passes on what Knosc said, cut to size and without control characters', async () => {
    origin.answerExport(
      answerWith(400, JSON.stringify({ Message: `a\r\nb\u0000${'x'.repeat(1000)}`, Code: 'Odd<Code>' })),
    );
    const failure: unknown = await open().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'request-refused',
      facts: { origin: { status: 400, Message: expect.stringMatching(/^a {2}b x{295}$/) } },
    });
    expect(JSON.stringify(failure)).not.toContain('Odd<Code>');
  });

  test('takes Retry-After as a date too', async () => {
    origin.answerExport(answerWith(429, '', { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }));
    const failure: unknown = await open().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'origin-busy', facts: { retryAfterSeconds: expect.any(Number) } });
    const seconds =
      failure instanceof Error && 'facts' in failure ? Reflect.get(Object(failure.facts), 'retryAfterSeconds') : 0;
    expect(Math.abs(Number(seconds) - 90)).toBeLessThan(3);
  });
});
