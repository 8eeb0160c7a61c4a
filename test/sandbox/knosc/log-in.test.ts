import { Secret, TOTP } from 'otpauth';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

async function start(): Promise<void> {
  knosc = await startKnosc({ orders: 10 });
  client = createKnoscClient(knosc.url);
}
const close = () => knosc.close();

const { full, totp, newcomer, suspended } = seededUsers;
const anExport = { view_name: 'item_master', index: { limit: 1 } };

describe('POST /api/authenticate', () => {
  beforeAll(start);
  afterAll(close);
  test('sets the four documented cookies', async () => {
    const answer = await client.logIn(full);
    expect([answer.status, await answer.json()]).toEqual([200, { login: true }]);
    expect(answer.headers.getSetCookie().map((cookie) => cookie.replace(/=[^;]+/, '=…'))).toEqual([
      'access_token_cookie=…; HttpOnly; SameSite=Lax; Path=/',
      'refresh_token_cookie=…; HttpOnly; SameSite=Lax; Path=/api/token-refresh',
      'csrf_access_token=…; SameSite=Lax; Path=/',
      'csrf_refresh_token=…; SameSite=Lax; Path=/api/token-refresh',
    ]);
  });

  test('signs its tokens, which say whose they are, from when to when, and what to echo', async () => {
    await client.logIn(full);
    const [header = '', payload = ''] = (client.cookies.get('access_token_cookie') ?? '').split('.');
    const parsed = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(parsed(header)).toEqual({ alg: 'HS256', typ: 'JWT' });
    const claims = z.record(z.string(), z.unknown()).parse(parsed(payload));
    expect(claims).toMatchObject({
      sub: 'export',
      type: 'access',
      csrf: client.cookies.get('csrf_access_token'),
      last_modified_at: expect.any(Number),
    });
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(900);
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
  beforeEach(start);
  afterEach(close);
  const wrong = { ...full, password: 'wrong' };
  const statusOf = async (user: { username: string; password: string }) => (await client.logIn(user)).status;

  test('begins with the third refusal in a row, for the right password too, and doubles with each further one', async () => {
    expect([await statusOf(wrong), await statusOf(wrong), await statusOf(wrong)]).toEqual([401, 401, 401]);
    const locked = await client.logIn(full);
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([403, '60']);
    expect(await locked.json()).toMatchObject({ Code: 'User.AccountLocked' });
    for (const seconds of [120, 240, 480]) {
      await knosc.advance(seconds / 2 + 1);
      expect(await statusOf(wrong)).toBe(401);
      expect((await client.logIn(full)).headers.get('retry-after')).toBe(String(seconds));
    }
    await knosc.advance(481);
    expect(await statusOf(full)).toBe(200);
  });

  test('grows by no log-in that it answers itself, and is of one account', async () => {
    for (let refusal = 1; refusal <= 3; refusal += 1) await statusOf(wrong);
    expect([await statusOf(wrong), await statusOf(wrong)]).toEqual([403, 403]);
    expect((await client.logIn(wrong)).headers.get('retry-after')).toBe('60');
    expect(await statusOf(seededUsers.procurement)).toBe(200);
  });

  test('counts from nothing after a good log-in', async () => {
    await statusOf(wrong);
    await statusOf(wrong);
    expect(await statusOf(full)).toBe(200);
    expect([await statusOf(wrong), await statusOf(wrong), await statusOf(full)]).toEqual([401, 401, 200]);
  });
});

describe('POST /api/verify-2fa', () => {
  beforeEach(start);
  afterEach(close);
  const codeAt = (ms: number) => new TOTP({ secret: Secret.fromBase32(totp.totpSecret) }).generate({ timestamp: ms });
  const verify = (code: string) => client.post('/api/verify-2fa', { username: totp.username, totp_code: code });

  test('opens a session with the right code after the password, once for each code', async () => {
    const code = codeAt(Date.now());
    expect((await verify(code)).status).toBe(401);
    await client.logIn(totp);
    const answer = await verify(code);
    expect([answer.status, await answer.json()]).toEqual([200, { login: true }]);
    expect(answer.headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toEqual([
      'access_token_cookie',
      'csrf_access_token',
    ]);
    expect((await client.exportData(anExport)).status).toBe(200);
    await client.logIn(totp);
    const again = await verify(code);
    expect([again.status, await again.json()]).toEqual([
      401,
      { Message: 'Invalid or expired TOTP code.', Code: '2FA.InvalidCode' },
    ]);
  });

  test('takes no code that is long over, and none when the password is five minutes old', async () => {
    await client.logIn(totp);
    expect((await verify(codeAt(Date.now() - 120_000))).status).toBe(401);
    await knosc.advance(301);
    expect((await verify(codeAt(Date.now() + 301_000))).status).toBe(401);
    await client.logIn(totp);
    expect((await verify(codeAt(Date.now() + 301_000))).status).toBe(200);
  });

  const password = () => client.logIn(totp);
  const wrongCode = () => verify('000000');

  test.each([
    ['one after the other', [password, wrongCode, wrongCode, wrongCode]],
    ['each after the right password', [password, wrongCode, password, wrongCode, password, wrongCode]],
  ])('counts refused codes as refused log-ins, %s', async (_name, steps) => {
    const statuses = [];
    for (const step of steps) statuses.push((await step()).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(3);
    expect(await (await client.logIn(totp)).json()).toMatchObject({ Code: 'User.AccountLocked' });
  });
});
