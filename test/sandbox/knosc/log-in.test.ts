import { Secret, TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

beforeEach(async () => {
  knosc = await startKnosc({ orders: 10 });
  client = createKnoscClient(knosc.url);
});

afterEach(() => knosc.close());

const { full, totp, newcomer, suspended } = seededUsers;
const anExport = { view_name: 'item_master', index: { limit: 1 } };

describe('POST /api/authenticate', () => {
  test('sets the four documented cookies', async () => {
    const answer = await client.logIn(full);
    expect([answer.status, await answer.json()]).toEqual([200, { login: true }]);
    expect(answer.headers.getSetCookie().map((cookie) => cookie.replace(/=[^;]+/, '=…'))).toEqual([
      'access_token_cookie=…; HttpOnly; SameSite=Lax; Path=/',
      'csrf_access_token=…; SameSite=Lax; Path=/',
      'refresh_token_cookie=…; HttpOnly; SameSite=Lax; Path=/api/token-refresh',
      'csrf_refresh_token=…; SameSite=Lax; Path=/api/token-refresh',
    ]);
  });

  test('takes the e-mail address in place of the account name', async () => {
    expect((await client.logIn({ username: full.email, password: full.password })).status).toBe(200);
  });

  test.each([
    ['a 2FA account', totp, 200, { requires_2fa: true }],
    ['a never-used account', newcomer, 200, { first_signin: true, session_token: 'short-lived' }],
    [
      'a wrong password',
      { ...full, password: 'x' },
      401,
      { Message: 'Invalid username or password.', Code: 'User.InvalidCredentials' },
    ],
    [
      'an unknown user',
      { username: 'nobody', password: 'x' },
      401,
      { Message: 'Invalid username or password.', Code: 'User.InvalidCredentials' },
    ],
    ['a suspended account', suspended, 403, { Message: 'This account is suspended.', Code: 'User.Suspended' }],
  ])('answers %s without cookies', async (_name, user, status, body) => {
    const answer = await client.logIn(user);
    expect([answer.status, await answer.json()]).toEqual([status, body]);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test.each(['{', '', '[]', '{"username":"export"}'])('refuses the body %j as malformed', async (body) => {
    const answer = await client.post('/api/authenticate', body);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { Message: 'Bad Request Format', Code: 'JSON.Invalid' },
    ]);
  });
});

describe('the lockout', () => {
  const wrong = { ...full, password: 'wrong' };
  const statusOf = async (user: { username: string; password: string }) => (await client.logIn(user)).status;

  test('begins with the third refusal in a row, for the right password too, and doubles with each further one', async () => {
    expect([await statusOf(wrong), await statusOf(wrong), await statusOf(wrong)]).toEqual([401, 401, 401]);
    const locked = await client.logIn(full);
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([403, '60']);
    expect(await locked.json()).toMatchObject({ Code: 'User.AccountLocked' });
    await knosc.advance(61);
    expect(await statusOf(wrong)).toBe(401);
    expect((await client.logIn(full)).headers.get('retry-after')).toBe('120');
    await knosc.advance(121);
    expect(await statusOf(full)).toBe(200);
  });

  test('counts from nothing after a good log-in', async () => {
    await statusOf(wrong);
    await statusOf(wrong);
    expect(await statusOf(full)).toBe(200);
    expect([await statusOf(wrong), await statusOf(wrong), await statusOf(full)]).toEqual([401, 401, 200]);
  });
});

describe('POST /api/verify-2fa', () => {
  const codeAt = (ms: number) => new TOTP({ secret: Secret.fromBase32(totp.totpSecret) }).generate({ timestamp: ms });
  const verify = (code: string) => client.post('/api/verify-2fa', { username: totp.username, totp_code: code });

  test('opens a session with the right code after the password, once for each code', async () => {
    const code = codeAt(Date.now());
    expect((await verify(code)).status).toBe(401);
    await client.logIn(totp);
    const answer = await verify(code);
    expect([answer.status, await answer.json()]).toEqual([200, { login: true }]);
    expect((await client.exportData(anExport)).status).toBe(200);
    await client.logIn(totp);
    const again = await verify(code);
    expect([again.status, await again.json()]).toEqual([
      401,
      { Message: 'Invalid or expired TOTP code.', Code: '2FA.InvalidCode' },
    ]);
  });

  test('counts refused codes as refused log-ins', async () => {
    await client.logIn(totp);
    const refusals = [await verify('000000'), await verify('000000'), await verify('000000')];
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(await (await client.logIn(totp)).json()).toMatchObject({ Code: 'User.AccountLocked' });
  });
});

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
    const refreshed = await client.post('/api/token-refresh', undefined, {
      'x-xsrf-token': client.cookies.get('csrf_refresh_token') ?? '',
    });
    expect(refreshed.status).toBe(200);
    expect(client.cookies.get('csrf_access_token')).not.toBe(before);
    expect((await client.exportData(anExport)).status).toBe(200);
  });

  test('dies when the account changes, its refresh token too', async () => {
    await client.logIn(full);
    await knosc.changePassword('export', 'new password');
    expect(await (await client.exportData(anExport)).json()).toEqual({ msg: 'Token has been revoked' });
    const refresh = await client.post('/api/token-refresh', undefined, {
      'x-xsrf-token': client.cookies.get('csrf_refresh_token') ?? '',
    });
    expect(refresh.status).toBe(401);
    expect((await client.logIn({ ...full, password: 'new password' })).status).toBe(200);
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

test('the log of calls has method, path, status and view, and nothing else', async () => {
  await client.logIn(full);
  await (await client.exportData(anExport)).arrayBuffer();
  await fetch(`${knosc.url}/api/purchase-order`);
  expect(await knosc.calls()).toEqual([
    { method: 'POST', path: '/api/authenticate', status: 200, viewName: undefined },
    { method: 'POST', path: '/api/export-data', status: 200, viewName: 'item_master' },
    { method: 'GET', path: '/api/purchase-order', status: 404, viewName: undefined },
  ]);
});

test("a taken port is refused with the system's error", async () => {
  await expect(startKnosc({ orders: 1, port: Number(new URL(knosc.url).port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});
