import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { playbill, type PlayInput } from '../../../sandbox/knosc/plays.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';
import { rowsOf } from '../../support/workbooks.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;
const unitMaster = { view_name: 'unit_master' };

beforeAll(async () => {
  knosc = await startKnosc({ orders: 20 });
});

beforeEach(async () => {
  client = createKnoscClient(knosc.url);
  await client.logIn(seededUsers.full);
});

afterEach(() => knosc.endPlays());
afterAll(() => knosc.close());

/** An export as Node's own client sees it: what came before an end of whatever kind. */
function rawExport(): Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer; isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    const headers = {
      cookie: [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'x-xsrf-token': client.cookies.get('csrf_access_token') ?? '',
    };
    const request = httpRequest(
      `${knosc.url}/api/export-data`,
      { method: 'POST', headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => undefined);
        response.on('close', () =>
          resolve({ headers: response.headers, body: Buffer.concat(chunks), isWhole: response.complete }),
        );
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(unitMaster));
  });
}

async function lastPlay(): Promise<string | undefined> {
  return (await knosc.calls()).at(-1)?.play;
}

describe('a play is for', () => {
  test('the next call, where nothing else is said', async () => {
    await knosc.play({ play: 'server-error' });
    expect((await client.exportData(unitMaster)).status).toBe(500);
    expect((await client.exportData(unitMaster)).status).toBe(200);
  });

  test('the next N calls, one play after the other', async () => {
    await knosc.play({ play: 'server-error', times: 2 });
    await knosc.play({ play: 'unavailable' });
    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await client.exportData(unitMaster)).status);
    expect(statuses).toEqual([500, 500, 503, 200]);
  });

  test('every call until all plays are ended', async () => {
    await knosc.play({ play: 'unavailable', times: 'always' });
    for (let call = 0; call < 5; call += 1) expect((await client.exportData(unitMaster)).status).toBe(503);
    await knosc.endPlays();
    expect((await client.exportData(unitMaster)).status).toBe(200);
  });

  test('its own path only', async () => {
    await knosc.play({ play: 'server-error', path: '/api/authenticate' });
    expect((await client.exportData(unitMaster)).status).toBe(200);
    expect((await client.logIn(seededUsers.full)).status).toBe(500);
    expect((await client.logIn(seededUsers.full)).status).toBe(200);
  });
});

describe('over the wire,', () => {
  test('slow-first-byte holds the answer back', async () => {
    await knosc.play({ play: 'slow-first-byte', seconds: 0.3 });
    const begun = performance.now();
    const answer = await client.exportData(unitMaster);
    expect(performance.now() - begun).toBeGreaterThan(290);
    expect((await rowsOf(new Uint8Array(await answer.arrayBuffer()))).length).toBe(6);
  });

  test('slow-body sends the headers at once and the whole workbook in its time', async () => {
    await knosc.play({ play: 'slow-body', bytes_per_second: 20_000 });
    const begun = performance.now();
    const answer = await client.exportData(unitMaster);
    const headersMs = performance.now() - begun;
    const body = new Uint8Array(await answer.arrayBuffer());
    expect((await rowsOf(body)).length).toBe(6);
    const expectedMs = (body.length / 20_000) * 1000;
    expect(performance.now() - begun).toBeGreaterThan(expectedMs * 0.8);
    expect(headersMs).toBeLessThan(expectedMs);
  });

  test.each([0, 1, 1000])('cut ends after byte %i exactly', async (at_byte) => {
    const whole = await rawExport();
    await knosc.play({ play: 'cut', at_byte });
    const cut = await rawExport();
    expect([whole.isWhole, cut.isWhole]).toEqual([true, false]);
    expect(cut.body.length).toBe(at_byte);
  });

  test('login-page is HTML with 200', async () => {
    await knosc.play({ play: 'login-page' });
    const answer = await client.exportData(unitMaster);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await answer.text()).toContain('type="password"');
  });

  test('session-expired ends the access token for good, and a refresh mends it', async () => {
    await knosc.play({ play: 'session-expired' });
    for (let call = 0; call < 2; call += 1) {
      const answer = await client.exportData(unitMaster);
      expect([answer.status, await answer.json()]).toEqual([401, { msg: 'Token has expired' }]);
    }
    const refreshed = await client.post('/api/token-refresh', undefined, {
      'x-xsrf-token': client.cookies.get('csrf_refresh_token') ?? '',
    });
    expect(refreshed.status).toBe(200);
    expect((await client.exportData(unitMaster)).status).toBe(200);
  });

  test('csrf-lost is 422 once', async () => {
    await knosc.play({ play: 'csrf-lost' });
    const answer = await client.exportData(unitMaster);
    expect([answer.status, await answer.json()]).toEqual([422, { msg: 'Missing CSRF token' }]);
    expect((await client.exportData(unitMaster)).status).toBe(200);
  });

  test('locked locks the account, whatever the password, until a minute has passed', async () => {
    await knosc.play({ play: 'locked' });
    const other = createKnoscClient(knosc.url);
    for (let call = 0; call < 2; call += 1) {
      const answer = await other.logIn(seededUsers.procurement);
      expect([answer.status, await answer.json()]).toEqual([
        403,
        { Message: expect.any(String), Code: 'User.AccountLocked' },
      ]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(50);
    }
    await knosc.advance(61);
    expect((await other.logIn(seededUsers.procurement)).status).toBe(200);
  });

  test.each([
    ['seconds', /^7$/],
    ['date', /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/],
    ['none', /^null$/],
  ] as const)('too-many-requests is 429 with Retry-After as %s', async (retry_after_form, pattern) => {
    await knosc.play({ play: 'too-many-requests', retry_after_s: 7, retry_after_form });
    const answer = await client.exportData(unitMaster);
    expect(answer.status).toBe(429);
    expect(String(answer.headers.get('retry-after'))).toMatch(pattern);
  });

  test("unavailable is a gateway's page, server-error is Knosc's own form", async () => {
    await knosc.play({ play: 'unavailable' });
    expect((await client.exportData(unitMaster)).headers.get('content-type')).toBe('text/html');
    await knosc.play({ play: 'server-error' });
    const error = await client.exportData(unitMaster);
    expect(await error.json()).toEqual({ Message: expect.any(String), Code: 'Server.Error' });
  });

  test.each([10, -10])('wrong-length is wrong by %i bytes', async (by_bytes) => {
    const { body } = await rawExport();
    await knosc.play({ play: 'wrong-length', by_bytes });
    const wrong = await rawExport().catch(() => undefined);
    // Node's client takes as many bytes as it was told of, and refuses those that follow.
    expect(Number(wrong?.headers['content-length'] ?? body.length + by_bytes)).toBe(body.length + by_bytes);
    expect(wrong?.isWhole === true && wrong.body.length === body.length).toBe(false);
  });

  test('wrong-content-type is the workbook under another name', async () => {
    await knosc.play({ play: 'wrong-content-type', content_type: 'application/zip' });
    const answer = await client.exportData(unitMaster);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect((await rowsOf(new Uint8Array(await answer.arrayBuffer()))).length).toBe(6);
  });

  test('corrupt-crc is a workbook that a careful reader refuses, wrong in eight bits and no more', async () => {
    const whole = await rawExport();
    await knosc.play({ play: 'corrupt-crc' });
    const { body, isWhole } = await rawExport();
    expect(isWhole).toBe(true);
    expect(body.filter((byte, position) => byte !== whole.body[position])).toHaveLength(2);
    await expect(rowsOf(body)).rejects.toThrow(/crc/i);
  });

  test('silent never answers, and is over when the client goes away', async () => {
    await knosc.play({ play: 'silent' });
    const leaving = new AbortController();
    const asked = fetch(`${knosc.url}/api/export-data`, { method: 'POST', body: '{}', signal: leaving.signal });
    const waiting = async () => (await fetch(`${knosc.url}/sandbox/plays`)).text();
    await expect.poll(waiting).toContain('"waiting":[]');
    expect(await lastPlay()).not.toBe('silent');
    leaving.abort();
    await expect(asked).rejects.toThrow('abort');
    await expect.poll(lastPlay).toBe('silent');
  });
});

describe('from a shell', () => {
  const control = (method: string, body?: string) =>
    fetch(`${knosc.url}/sandbox/plays`, { method, ...(body !== undefined && { body }) });
  const stateSchema = z.object({
    plays: z.array(z.object({ play: z.string(), does: z.string().min(10) })),
    waiting: z.array(z.looseObject({ play: z.string() })),
  });
  const state = async () => stateSchema.parse(await (await control('GET')).json());

  test('GET tells what there is to play and what waits', async () => {
    await control('POST', '{"play":"cut","times":3}');
    const { plays, waiting } = await state();
    expect(plays.map(({ play }) => play)).toEqual(playbill.map(({ play }) => play));
    expect(plays).toHaveLength(14);
    expect(waiting).toEqual([{ play: 'cut', times: 3, path: '/api/export-data', at_byte: 1000 }]);
  });

  test('POST adds a play, DELETE ends all', async () => {
    const added = await control('POST', '{"play":"server-error","times":"always"}');
    expect([added.status, await added.json()]).toEqual([
      201,
      { play: 'server-error', times: 'always', path: '/api/export-data' },
    ]);
    expect((await client.exportData(unitMaster)).status).toBe(500);
    expect((await control('DELETE')).status).toBe(204);
    expect((await client.exportData(unitMaster)).status).toBe(200);
    expect((await state()).waiting).toEqual([]);
  });

  test.each([
    ['{', 'not JSON'],
    ['{}', 'There is slow-first-byte, slow-body, cut'],
    ['{"play":"cot"}', 'play: '],
    ['{"play":"cut","times":0}', 'times: '],
    ['{"play":"cut","at_bite":1}', 'at_bite'],
    ['{"play":"cut","path":"/api/authenticate"}', 'path: '],
    ['{"play":"slow-first-byte","seconds":-1}', 'seconds: '],
  ])('%s is refused, saying what is wrong', async (body, words) => {
    const answer = await control('POST', body);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(words);
    expect((await state()).waiting).toEqual([]);
  });

  test('other methods are refused, and none of these calls is a call of Knosc', async () => {
    const before = (await knosc.calls()).length;
    const answer = await control('PUT', '{}');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
    await state();
    expect(await knosc.calls()).toHaveLength(before);
  });

  test('in process, a play that there is not rejects in the same words', async () => {
    // @ts-expect-error a misspelt play does not compile either
    await expect(knosc.play({ play: 'cot' })).rejects.toThrow('There is slow-first-byte');
  });
});

describe('through the proxy, a play is one failure and leaves the next export alone:', () => {
  let proxy: LocalExportProxy;
  beforeAll(async () => {
    const { username, password } = seededUsers.full;
    proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password }, random: () => 0 });
  });
  afterAll(() => proxy.close());

  const create = () => fetch(`${proxy.url}/exports/unit_master`, { method: 'POST' });

  test.each<[PlayInput, number, string]>([
    [{ play: 'cut' }, 502, 'origin-failed'],
    [{ play: 'login-page' }, 502, 'workbook-unsound'],
    [{ play: 'too-many-requests' }, 503, 'origin-busy'],
    [{ play: 'server-error' }, 502, 'origin-failed'],
    [{ play: 'unavailable' }, 503, 'origin-busy'],
    [{ play: 'wrong-length', by_bytes: 10 }, 502, 'origin-failed'],
    [{ play: 'wrong-length', by_bytes: -10 }, 502, 'workbook-unsound'],
    [{ play: 'wrong-content-type' }, 502, 'workbook-unsound'],
  ])('%j', async (play, status, code) => {
    await knosc.play({ ...play, times: 'always' });
    const answer = await create();
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ code })]);
    await knosc.endPlays();
    expect((await create()).status).toBe(201);
  });

  test.each<PlayInput>([
    { play: 'slow-first-byte', seconds: 0.5 },
    { play: 'slow-body', bytes_per_second: 20_000 },
    { play: 'session-expired' },
    { play: 'csrf-lost' },
  ])('or none: %j', async (play) => {
    await create();
    await knosc.play(play);
    expect((await create()).status).toBe(201);
    const played = (await knosc.calls()).filter((call) => call.play === play.play);
    expect(played.length).toBeGreaterThan(0);
  });
});
