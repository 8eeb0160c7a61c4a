import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../functions/export/credentials.ts';
import { createLogIn, type LogIn } from '../../../functions/export/log-in.ts';
import { createCallOrigin } from '../../../functions/export/origin.ts';
import { createSessions } from '../../../functions/export/sessions.ts';
import { createMakeTotpCode } from '../../../functions/export/totp.ts';
import { acceptLogIn, answerWith, type ScriptedOrigin, startScriptedOrigin } from '../../support/scripted-origin.ts';

let origin: ScriptedOrigin;
let nowMs: number;

beforeAll(async () => {
  origin = await startScriptedOrigin();
});

beforeEach(() => {
  nowMs = Date.now();
  // A new one for each test: one instance waits for the next time step before it gives a second code.
  logIn = createLogIn({ callOrigin, makeTotpCode: createMakeTotpCode(now), now });
  origin.calls.length = 0;
  origin.answerLogIn(acceptLogIn());
  origin.answerSecondFactor(acceptLogIn());
});

afterAll(() => origin.close());

const now = () => nowMs;
const { signal } = new AbortController();
const callOrigin = createCallOrigin();
let logIn: LogIn;

function credentials(changes: Partial<Credentials> = {}): Credentials {
  const { url } = origin;
  return { version: 'v1', originAddress: url, username: 'export', password: 'p', totpSecret: undefined, ...changes };
}

describe('a log-in', () => {
  test('gives the two cookies and the CSRF token that an export needs, and the end that the token itself tells', async () => {
    origin.answerLogIn(acceptLogIn(600, 'abc'));
    const session = await logIn(credentials(), signal);
    expect(session).toMatchObject({ originAddress: origin.url, csrfToken: 'csrf-abc' });
    expect(session.cookieHeader).toMatch(/^access_token_cookie=abc\.\S+; csrf_access_token=csrf-abc$/);
    expect(Math.round((session.endsAtMs - nowMs) / 1000)).toBeCloseTo(600, -1);
  });

  test('assumes five minutes where the token does not tell its end', async () => {
    origin.answerLogIn((_request, response) => {
      response.setHeader('set-cookie', ['access_token_cookie=opaque', 'csrf_access_token=c']);
      response.end('{"login":true}');
    });
    expect((await logIn(credentials(), signal)).endsAtMs).toBe(nowMs + 300_000);
  });

  test('goes on with a TOTP code where the account asks for one', async () => {
    origin.answerLogIn(answerWith(200, '{"requires_2fa": true}'));
    await logIn(credentials({ totpSecret: 'JBSWY3DPEHPK3PXP' }), signal);
    expect(origin.calls).toEqual(['POST /api/authenticate', 'POST /api/verify-2fa']);
  });

  test.each([
    [
      'a second factor that the secret does not hold',
      answerWith(200, '{"requires_2fa": true}'),
      'second-factor-needed',
    ],
    ['a first sign-in', answerWith(200, '{"first_signin": true, "session_token": "t"}'), 'first-sign-in-needed'],
    [
      'bad credentials',
      answerWith(401, '{"Message":"Invalid","Code":"User.InvalidCredentials"}'),
      'credentials-unusable',
    ],
    ['a suspended account', answerWith(403, '{"Message":"no","Code":"User.Suspended"}'), 'credentials-unusable'],
    ['a locked account by its Code', answerWith(403, '{"Message":"no","Code":"User.AccountLocked"}'), 'origin-locked'],
    ['a locked account by status 423', answerWith(423, ''), 'origin-locked'],
    ['429', answerWith(429, ''), 'origin-busy'],
    ['503', answerWith(503, ''), 'origin-busy'],
    ['500', answerWith(500, ''), 'origin-failed'],
    ['a redirect', answerWith(302, '', { location: '/' }), 'origin-failed'],
    ['an HTML page with status 200', answerWith(200, '<html>', { 'content-type': 'text/html' }), 'origin-failed'],
    ['a log-in without cookies', answerWith(200, '{"login": true}'), 'origin-failed'],
  ])('that is answered with %s fails with its own code', async (_name, answer, code) => {
    origin.answerLogIn(answer);
    await expect(logIn(credentials(), signal)).rejects.toMatchObject({ code });
    expect(origin.calls).toEqual(['POST /api/authenticate']);
  });

  test('with a refused TOTP code fails with credentials-unusable', async () => {
    origin.answerLogIn(answerWith(200, '{"requires_2fa": true}'));
    origin.answerSecondFactor(answerWith(401, '{"Message":"Invalid","Code":"2FA.InvalidCode"}'));
    const refused = logIn(credentials({ totpSecret: 'JBSWY3DPEHPK3PXP' }), signal).catch((error: unknown) => error);
    expect(await refused).toMatchObject({
      code: 'credentials-unusable',
      facts: { origin: { Code: '2FA.InvalidCode' } },
    });
  });

  test('repeats nothing that the origin says about a body with a password in it', async () => {
    origin.answerLogIn(answerWith(401, '{"Message":"hunter2 is wrong","Code":"hunter2 is wrong"}'));
    const failure = await logIn(credentials({ password: 'hunter2' }), signal).catch((error: unknown) => error);
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });

  test('tells how long a locked account stays locked', async () => {
    origin.answerLogIn(answerWith(423, '', { 'retry-after': '120' }));
    await expect(logIn(credentials(), signal)).rejects.toMatchObject({ facts: { retryAfterSeconds: 120 } });
  });
});

const deadline = { signal, endsAtMs: Number.POSITIVE_INFINITY };
let current: Credentials;
const openSessions = () => {
  current = credentials();
  return createSessions({ readCredentials: () => Promise.resolve(current), logIn, now });
};

describe('the sessions of an instance', () => {
  test('need one log-in for many exports at once, and none for the next', async () => {
    const sessions = openSessions();
    const opened = await Promise.all(Array.from({ length: 20 }, () => sessions.open(deadline)));
    expect(new Set(opened.map(({ session }) => session)).size).toBe(1);
    expect((await sessions.open(deadline)).isNew).toBe(false);
    expect(origin.calls).toEqual(['POST /api/authenticate']);
  });

  test('log in again shortly before the token ends, after it was forgotten, and for a new version of the secret', async () => {
    const sessions = openSessions();
    const { session } = await sessions.open(deadline);
    nowMs = session.endsAtMs - 29_000;
    const renewed = await sessions.open(deadline);
    expect(renewed.isNew).toBe(true);
    expect((await sessions.replace(renewed, deadline)).isNew).toBe(true);
    current = credentials({ version: 'v2' });
    expect((await sessions.open(deadline)).isNew).toBe(true);
    expect(origin.calls).toHaveLength(4);
  });

  test('never try again what was refused, until the secret has a new version', async () => {
    const sessions = openSessions();
    origin.answerLogIn(answerWith(401, '{"Message":"Invalid","Code":"User.InvalidCredentials"}'));
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => sessions.open(deadline)));
    await expect(sessions.open(deadline)).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect(tries.every(({ status }) => status === 'rejected')).toBe(true);
    expect(origin.calls).toHaveLength(1);

    origin.answerLogIn(acceptLogIn());
    current = credentials({ version: 'v2' });
    expect((await sessions.open(deadline)).isNew).toBe(true);
  });

  test('do try again after a failure that says nothing of the credentials', async () => {
    const sessions = openSessions();
    origin.answerLogIn(answerWith(500, ''));
    await expect(sessions.open(deadline)).rejects.toMatchObject({ code: 'origin-failed' });
    origin.answerLogIn(acceptLogIn());
    expect((await sessions.open(deadline)).isNew).toBe(true);
  });

  test('let an export go at its own deadline while the log-in goes on for the others', async () => {
    const sessions = openSessions();
    const held = Promise.withResolvers<void>();
    origin.answerLogIn((request, response) => void held.promise.then(() => acceptLogIn()(request, response)));
    const patient = sessions.open(deadline);
    await expect(sessions.open({ signal: AbortSignal.abort(), endsAtMs: 0 })).rejects.toMatchObject({
      code: 'origin-timeout',
    });
    held.resolve();
    expect((await patient).isNew).toBe(true);
    expect(origin.calls).toHaveLength(1);
  });
});
