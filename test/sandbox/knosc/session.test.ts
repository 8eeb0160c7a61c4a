import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 10 });
});

beforeEach(() => {
  client = createKnoscClient(knosc.url);
});

afterAll(() => knosc.close());

const { full } = seededUsers;
const anExport = { view_name: 'item_master', index: { limit: 1 } };
const refresh = (csrfCookie = 'csrf_refresh_token') =>
  client.post('/api/token-refresh', undefined, { 'x-xsrf-token': client.cookies.get(csrfCookie) ?? '' });

describe('a session', () => {
  test('needs the CSRF token of its own cookie on every write', async () => {
    await client.logIn(full);
    const missing = await client.post('/api/export-data', anExport);
    expect([missing.status, await missing.json()]).toEqual([422, { msg: 'Missing CSRF token' }]);
    const other = await client.post('/api/export-data', anExport, {
      'x-xsrf-token': client.cookies.get('csrf_refresh_token') ?? '',
    });
    expect([other.status, await other.json()]).toEqual([422, { msg: 'CSRF double submit tokens do not match' }]);
  });

  test('is a 401 without cookie, with a forged token, and with the other kind of token', async () => {
    expect((await client.exportData(anExport)).status).toBe(401);
    await client.logIn(full);
    const good = client.cookies.get('access_token_cookie') ?? '';
    client.cookies.set('access_token_cookie', `${good.slice(0, -4)}AAAA`);
    expect(await (await client.exportData(anExport)).json()).toEqual({ msg: 'Signature verification failed' });
    client.cookies.set('access_token_cookie', client.cookies.get('refresh_token_cookie') ?? '');
    expect(await (await client.exportData(anExport)).json()).toEqual({ msg: 'Only access tokens are allowed' });
  });

  test('ends with its access token and goes on after a refresh with the new CSRF token', async () => {
    await client.logIn(full);
    const before = client.cookies.get('csrf_access_token');
    await knosc.advance(901);
    expect(await (await client.exportData(anExport)).json()).toEqual({ msg: 'Token has expired' });
    const refreshed = await refresh();
    expect(refreshed.status).toBe(200);
    expect(refreshed.headers.getSetCookie().map((cookie) => cookie.replace(/=[^;]+/, '=…'))).toEqual([
      'access_token_cookie=…; HttpOnly; SameSite=Lax; Path=/',
      'csrf_access_token=…; SameSite=Lax; Path=/',
    ]);
    expect(client.cookies.get('csrf_access_token')).not.toBe(before);
    expect((await client.exportData(anExport)).status).toBe(200);
  });

  test('is not refreshed with the access CSRF token, nor when the refresh token is over', async () => {
    await client.logIn(full);
    expect((await refresh('csrf_access_token')).status).toBe(422);
    await knosc.advance(86_401);
    const late = await refresh();
    expect([late.status, await late.json()]).toEqual([401, { msg: 'Token has expired' }]);
  });

  test('lives as long as the sandbox is told', async () => {
    const brief = await startKnosc({ orders: 1, accessTokenLifetimeSeconds: 5 });
    const ownClient = createKnoscClient(brief.url);
    await ownClient.logIn(full);
    expect((await ownClient.exportData(anExport)).status).toBe(200);
    await brief.advance(6);
    expect((await ownClient.exportData(anExport)).status).toBe(401);
    await brief.close();
  });

  test('dies when the account changes, its refresh token too', async () => {
    await client.logIn(full);
    await knosc.changePassword('export', 'new password');
    expect(await (await client.exportData(anExport)).json()).toEqual({ msg: 'Token has been revoked' });
    expect((await refresh()).status).toBe(401);
    expect((await client.logIn({ ...full, password: 'new password' })).status).toBe(200);
    await knosc.changePassword('export', full.password);
  });

  test('is cleared from the browser by a logout', async () => {
    await client.logIn(full);
    const answer = await client.post('/api/logout', undefined, {
      'x-xsrf-token': client.cookies.get('csrf_access_token') ?? '',
    });
    expect(answer.status).toBe(200);
    expect(
      answer.headers.getSetCookie().every((cookie) => cookie.includes('Expires=Thu, 01 Jan 1970 00:00:00 GMT')),
    ).toBe(true);
    expect((await client.exportData(anExport)).status).toBe(401);
  });
});

test('the log of calls has method, path, status, view and rows, and nothing else', async () => {
  const before = (await knosc.calls()).length;
  await client.logIn(full);
  await (await client.exportData(anExport)).arrayBuffer();
  await client.exportData({ view_name: 'no_such_view' });
  await fetch(`${knosc.url}/api/purchase-order?filter=x`);
  expect((await knosc.calls()).slice(before)).toEqual([
    { method: 'POST', path: '/api/authenticate', status: 200, viewName: undefined, rows: undefined },
    { method: 'POST', path: '/api/export-data', status: 200, viewName: 'item_master', rows: 1 },
    { method: 'POST', path: '/api/export-data', status: 400, viewName: 'no_such_view', rows: undefined },
    { method: 'GET', path: '/api/purchase-order', status: 404, viewName: undefined, rows: undefined },
  ]);
});

test('everything else of Knosc is a 404 in its own form', async () => {
  const answer = await client.post('/api/first-signin', {});
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { Message: 'POST /api/first-signin is not in this sandbox.', Code: 'Endpoint.NotFound' },
  ]);
});

test("a taken port is refused with the system's error", async () => {
  await expect(startKnosc({ orders: 1, port: Number(new URL(knosc.url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('a user that is not there changes no password, and the sandbox goes on', async () => {
  await expect(knosc.changePassword('nobody', 'x')).rejects.toThrow('there is no user nobody');
  expect((await client.logIn(full)).status).toBe(200);
});

test('a sandbox that is closed says so to who asks it', async () => {
  const brief = await startKnosc({ orders: 1 });
  await brief.close();
  await expect(brief.calls()).rejects.toThrow('closed');
});
