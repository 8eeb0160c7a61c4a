import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCallOrigin } from '../../../../functions/export/origin.ts';
import type { Credentials } from '../../../../functions/export/session/credentials.ts';
import { createLogIn } from '../../../../functions/export/session/log-in.ts';
import { createRenew } from '../../../../functions/export/session/renewal.ts';
import { isFresh, isLiving, type Session } from '../../../../functions/export/session/session.ts';
import { totpCode } from '../../../../functions/export/session/totp.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';
import { acceptLogIn, answerWith, type ScriptedOrigin, startScriptedOrigin } from '../../../support/scripted-origin.ts';

let origin: ScriptedOrigin;
let nowMs: number;
let lastId: number;

beforeAll(async () => {
  origin = await startScriptedOrigin();
});

beforeEach(() => {
  nowMs = Date.now();
  lastId = 0;
  origin.calls.length = 0;
  origin.answerLogIn(acceptLogIn());
  origin.answerSecondFactor(acceptLogIn());
});

afterAll(() => origin.close());

const dependencies = { callOrigin: createCallOrigin(), now: () => nowMs, newId: () => `s${(lastId += 1)}` };
const post = createLogIn(dependencies);
const renew = createRenew(dependencies);
const { signal } = new AbortController();
const step = 57_000_000;
const totpSecret = 'JBSWY3DPEHPK3PXP';

function credentials(changes: Partial<Credentials> = {}): Credentials {
  const { url } = origin;
  return { version: 'v1', originAddress: url, username: 'export', password: 'p', totpSecret: undefined, ...changes };
}

const logIn = (changes: Partial<Credentials> = {}) => post(credentials(changes), step, signal);

async function sessionOfLogIn(): Promise<Session> {
  const outcome = await logIn();
  if (outcome.kind !== 'accepted') throw outcome.failure;
  return outcome.session;
}

/** A log-in's cookies as they are, whatever a token is made of. */
const setCookies = (...cookies: string[]) =>
  answerWith(200, '{"login":true}', { 'set-cookie': cookies.map((cookie) => `${cookie}; Path=/`) });
const jwt = (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

describe('an accepted log-in', () => {
  test('gives what an export carries, what a renewal carries, and where it holds', async () => {
    origin.answerLogIn(acceptLogIn(600, 'abc'));
    expect(await sessionOfLogIn()).toMatchObject({
      id: 's1',
      secretVersion: 'v1',
      originAddress: origin.url,
      cookieHeader: expect.stringMatching(/^access_token_cookie=abc\.\S+; csrf_access_token=csrf-abc$/),
      csrfToken: 'csrf-abc',
      renewal: { cookieHeader: 'refresh_token_cookie=r; csrf_refresh_token=cr', csrfToken: 'cr' },
    });
  });

  test.each([
    ["by Knosc's clock, where the token tells only its end", { exp: 2_000_000_000 }, 2_000_000_000_000],
    ["after its lifetime, where it tells that too, whatever Knosc's clock is", { iat: 100, exp: 1000 }, 900_000],
    ['after five minutes, where it tells nothing', {}, 300_000],
    ['after five minutes, where its end has passed before it began', { exp: 1000 }, 300_000],
  ])('ends %s', async (_name, claims, endsAtMs) => {
    origin.answerLogIn(setCookies(`access_token_cookie=${jwt(claims)}`, 'csrf_access_token=c'));
    const session = await sessionOfLogIn();
    expect(session.endsAtMs).toBe(endsAtMs > nowMs ? endsAtMs : nowMs + endsAtMs);
  });

  test.each([
    [900, 60, 15],
    [100, 20, 5],
  ])('of %i s is renewed from %i s before its end, and used until %i s before it', async (lifetime, margin, last) => {
    origin.answerLogIn(setCookies(`access_token_cookie=${jwt({ iat: 0, exp: lifetime })}`, 'csrf_access_token=c'));
    const session = await sessionOfLogIn();
    const endMs = nowMs + lifetime * 1000;
    expect(isFresh(session, endMs - margin * 1000 - 1)).toBe(true);
    expect(isFresh(session, endMs - margin * 1000)).toBe(false);
    expect(isLiving(session, endMs - last * 1000 - 1)).toBe(true);
    expect(isLiving(session, endMs - last * 1000)).toBe(false);
  });

  test('goes on with the TOTP code of its time step where the account asks for one', async () => {
    origin.answerLogIn(answerWith(200, '{"requires_2fa": true}'));
    expect(await logIn({ totpSecret })).toMatchObject({ kind: 'accepted', isCodeSpent: true });
    expect(origin.calls).toEqual(['POST /api/authenticate', 'POST /api/verify-2fa']);
    expect(origin.lastBodyOf('/api/verify-2fa')).toEqual({ username: 'export', totp_code: totpCode(totpSecret, step) });
  });

  test('spends no code where the account asks for none', async () => {
    expect(await logIn({ totpSecret })).toMatchObject({ kind: 'accepted', isCodeSpent: false });
  });
});

const invalid = (Code: string) => JSON.stringify({ Message: 'no', Code });

describe('a log-in that is answered with', () => {
  test.each([
    ['bad credentials', answerWith(401, invalid('User.InvalidCredentials')), 'refused', 'credentials-unusable'],
    ['401 and no reason', answerWith(401, '<html>'), 'refused', 'credentials-unusable'],
    [
      'bad credentials under 400',
      answerWith(400, invalid('User.InvalidCredentials')),
      'refused',
      'credentials-unusable',
    ],
    ['a suspended account', answerWith(403, invalid('User.Suspended')), 'refused', 'credentials-unusable'],
    ["a gateway's 403", answerWith(403, '<html>'), 'doubtful', 'credentials-unusable'],
    ['404', answerWith(404, ''), 'doubtful', 'credentials-unusable'],
    ['a locked account by its Code', answerWith(403, invalid('User.AccountLocked')), 'unjudged', 'origin-locked'],
    ['a locked account under 401', answerWith(401, invalid('User.AccountLocked')), 'unjudged', 'origin-locked'],
    ['a locked account by status 423', answerWith(423, ''), 'unjudged', 'origin-locked'],
    ['429', answerWith(429, ''), 'unjudged', 'origin-busy'],
    ['503', answerWith(503, ''), 'unjudged', 'origin-busy'],
    ['500', answerWith(500, ''), 'unjudged', 'origin-failed'],
    ['504', answerWith(504, ''), 'unjudged', 'origin-timeout'],
    ['a redirect', answerWith(302, '', { location: '/' }), 'unjudged', 'origin-failed'],
    ['an HTML page', answerWith(200, '<html>', { 'content-type': 'text/html' }), 'unjudged', 'origin-failed'],
    ['no cookies', answerWith(200, '{"login": true}'), 'unjudged', 'origin-failed'],
    [
      'a second factor that the secret lacks',
      answerWith(200, '{"requires_2fa": true}'),
      'unjudged',
      'second-factor-needed',
    ],
    ['a first sign-in', answerWith(200, '{"first_signin": true}'), 'unjudged', 'first-sign-in-needed'],
  ] as const)('%s is judged by status and body', async (_name, answer, kind, code) => {
    origin.answerLogIn(answer);
    expect(await logIn()).toMatchObject({ kind, isCodeSpent: false, failure: { code } });
    expect(origin.calls).toEqual(['POST /api/authenticate']);
  });

  test.each([
    ['a refused code', answerWith(401, invalid('2FA.InvalidCode')), 'code-refused'],
    ['a refused code under 400', answerWith(400, invalid('2FA.InvalidCode')), 'code-refused'],
    ['a locked account', answerWith(403, invalid('User.AccountLocked')), 'unjudged'],
    ['500', answerWith(500, ''), 'unjudged'],
  ] as const)('%s at the second step has spent its code', async (_name, answer, kind) => {
    origin.answerLogIn(answerWith(200, '{"requires_2fa": true}'));
    origin.answerSecondFactor(answer);
    expect(await logIn({ totpSecret })).toMatchObject({ kind, isCodeSpent: true });
  });

  test('how long a locked account stays locked tells that', async () => {
    origin.answerLogIn(answerWith(423, '', { 'retry-after': '120' }));
    expect(await logIn()).toMatchObject({ failure: { facts: { retryAfterSeconds: 120 } } });
  });

  test('words about a body with a password in it repeats none of them', async () => {
    origin.answerLogIn(answerWith(401, '{"Message":"hunter2 is wrong","Code":"hunter2 is wrong"}'));
    expect(JSON.stringify(await logIn({ password: 'hunter2' }))).not.toContain('hunter2');
  });
});

describe('a log-in whose connection', () => {
  test('is refused was never sent', async () => {
    const { port } = await freePort();
    expect(await logIn({ originAddress: `http://127.0.0.1:${port}` })).toMatchObject({ kind: 'unjudged' });
  });

  test('cannot be made, since the name is unknown, was never sent', async () => {
    expect(await logIn({ originAddress: 'http://nowhere.invalid' })).toMatchObject({ kind: 'unjudged' });
  });

  test('is closed without an answer has an unknown outcome', async () => {
    origin.answerLogIn((request) => void request.socket.destroy());
    expect(await logIn()).toMatchObject({ kind: 'unknown', failure: { code: 'origin-failed' } });
  });

  test('is silent until the limit has an unknown outcome', async () => {
    origin.answerLogIn(() => undefined);
    const outcome = await post(credentials(), step, AbortSignal.timeout(50));
    expect(outcome).toMatchObject({ kind: 'unknown', failure: { code: 'origin-timeout' } });
  });

  test('breaks in the middle of an acceptance has an unknown outcome', async () => {
    origin.answerLogIn((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"login"', () => response.destroy());
    });
    expect(await logIn()).toMatchObject({ kind: 'unknown' });
  });

  test('breaks in the middle of a refusal was refused', async () => {
    origin.answerLogIn((_request, response) => {
      response.writeHead(401, { 'content-length': '100' });
      response.write('{"Message"', () => response.destroy());
    });
    expect(await logIn()).toMatchObject({ kind: 'refused' });
  });

  test('is closed at the second step may have spent its code', async () => {
    origin.answerLogIn(answerWith(200, '{"requires_2fa": true}'));
    origin.answerSecondFactor((request) => void request.socket.destroy());
    expect(await logIn({ totpSecret })).toMatchObject({ kind: 'unknown', isCodeSpent: true });
  });
});

describe('a log-in that fails with the error', () => {
  const failingWith = (path: string, cause: object) =>
    createLogIn({
      ...dependencies,
      callOrigin: (call) =>
        call.path === path
          ? Promise.reject(new ExportFailure('origin-failed', 'broken', { cause }))
          : dependencies.callOrigin(call),
    });

  test.each([
    [{ code: 'ECONNREFUSED' }, 'unjudged'],
    [{ code: 'EAI_AGAIN' }, 'unjudged'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'unjudged'],
    [{ code: 'EHOSTUNREACH', syscall: 'connect' }, 'unjudged'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'unjudged'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'unjudged'],
    [{ code: 'EHOSTUNREACH', syscall: 'read' }, 'unknown'],
    [{ code: 'ECONNRESET' }, 'unknown'],
    [{ code: 'UND_ERR_SOCKET' }, 'unknown'],
    [{}, 'unknown'],
  ])('%j is %s', async (cause, kind) => {
    expect(await failingWith('/api/authenticate', cause)(credentials(), step, signal)).toMatchObject({ kind });
  });

  test('of a refused connection at the second step has not spent its code', async () => {
    origin.answerLogIn(answerWith(200, '{"requires_2fa": true}'));
    const outcome = await failingWith('/api/verify-2fa', { code: 'ECONNREFUSED' })(
      credentials({ totpSecret }),
      step,
      signal,
    );
    expect(outcome).toMatchObject({ kind: 'unjudged', isCodeSpent: false });
  });
});

describe('a renewal', () => {
  test('carries the refresh pair, and gives a new access pair with the old refresh pair', async () => {
    const before = await sessionOfLogIn();
    origin.answerRenewal(setCookies(`access_token_cookie=${jwt({ iat: 0, exp: 900 })}`, 'csrf_access_token=c2'));
    const outcome = await renew(before, signal);
    expect(origin.lastHeadersOf('/api/token-refresh')).toMatchObject({
      cookie: 'refresh_token_cookie=r; csrf_refresh_token=cr',
      'x-xsrf-token': 'cr',
    });
    expect(outcome).toMatchObject({
      kind: 'accepted',
      session: { id: 's2', csrfToken: 'c2', renewal: before.renewal, endsAtMs: nowMs + 900_000 },
    });
  });

  test.each([
    ['401', answerWith(401, '{"msg":"Token has expired"}'), 'refused'],
    ['422', answerWith(422, '{"msg":"Missing CSRF token"}'), 'refused'],
    ['404', answerWith(404, ''), 'refused'],
    ['500', answerWith(500, ''), 'refused'],
    ['a redirect', answerWith(302, '', { location: '/login' }), 'refused'],
    ['no cookies', answerWith(200, '{"refresh": true}'), 'refused'],
    ['429', answerWith(429, '', { 'retry-after': '7' }), 'unjudged'],
    ['503', answerWith(503, ''), 'unjudged'],
  ] as const)('that is answered with %s is %s', async (_name, answer, kind) => {
    const session = await sessionOfLogIn();
    origin.answerRenewal(answer);
    expect(await renew(session, signal)).toMatchObject({ kind });
  });

  test('whose connection breaks is unjudged', async () => {
    const session = await sessionOfLogIn();
    origin.answerRenewal((request) => void request.socket.destroy());
    expect(await renew(session, signal)).toMatchObject({ kind: 'unjudged', failure: { code: 'origin-failed' } });
  });

  test('without a refresh pair is refused without a call', async () => {
    origin.answerLogIn(setCookies('access_token_cookie=a', 'csrf_access_token=c'));
    const session = await sessionOfLogIn();
    origin.calls.length = 0;
    expect(await renew(session, signal)).toEqual({ kind: 'refused' });
    expect(origin.calls).toEqual([]);
  });
});

/** A port that nobody listens on. */
async function freePort(): Promise<{ port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address;
}
