import { parseCookie } from 'undici';
import * as z from 'zod';
import { ExportFailure, type OriginAnswer } from '../ledger/failure.ts';
import type { Credentials } from './credentials.ts';
import type { CallOrigin, OriginResponse } from './origin.ts';
import { parseJson } from './parse-json.ts';
import { isBusy, originFailedWith, readRefusal, readText, parseRetryAfter } from './origin-refusal.ts';
import type { MakeTotpCode } from './totp.ts';

/** A log-in at the origin: what the next calls must carry, and when its access token ends by its own word. */
export interface Session {
  readonly originAddress: string;
  readonly cookieHeader: string;
  readonly csrfToken: string;
  readonly endsAtMs: number;
}

/**
 * Logs in once, with a TOTP code where the account asks for one. Fails with `credentials-unusable`,
 * `second-factor-needed`, `first-sign-in-needed`, `origin-locked`, `origin-busy`, `origin-failed` or `origin-timeout`.
 * Never repeats a refused log-in: Knosc locks the account at the third.
 */
export type LogIn = (credentials: Credentials, signal: AbortSignal) => Promise<Session>;

interface LogInDependencies {
  readonly callOrigin: CallOrigin;
  readonly makeTotpCode: MakeTotpCode;
  readonly now: () => number;
}

// Three different bodies come with status 200 (Knosc, "Login"), so the body decides, not the status.
const logInBodySchema = z.union([
  z.object({ login: z.literal(true) }),
  z.object({ requires_2fa: z.literal(true) }),
  z.object({ first_signin: z.literal(true) }),
]);

export function createLogIn({ callOrigin, makeTotpCode, now }: LogInDependencies): LogIn {
  async function post(credentials: Credentials, path: string, json: unknown, signal: AbortSignal) {
    const response = await callOrigin({ originAddress: credentials.originAddress, path, headers: {}, json, signal });
    if (response.status !== 200) throw await logInRefusal(response, now());
    const body = logInBodySchema.safeParse(parseJson(await readText(response)));
    if (!body.success) {
      throw new ExportFailure('origin-failed', 'Knosc answered the log-in with something that is not a log-in.');
    }
    return { response, body: body.data };
  }

  return async (credentials, signal) => {
    const { username, password, totpSecret, originAddress } = credentials;
    let { response, body } = await post(credentials, '/api/authenticate', { username, password }, signal);
    if ('requires_2fa' in body) {
      if (totpSecret === undefined) {
        throw new ExportFailure(
          'second-factor-needed',
          'The account asks for a TOTP code and the secret holds no "totp_secret". Put the account\'s set-up key there.',
        );
      }
      const totp_code = await makeTotpCode(totpSecret, signal);
      ({ response, body } = await post(credentials, '/api/verify-2fa', { username, totp_code }, signal));
    }
    if ('first_signin' in body) {
      throw new ExportFailure(
        'first-sign-in-needed',
        'The account was never used. Sign in to Knosc with it once in a browser and set its password, then put that into the secret.',
      );
    }
    return sessionOf(originAddress, response, now());
  };
}

function sessionOf(originAddress: string, response: OriginResponse, nowMs: number): Session {
  const cookies = new Map<string, string>();
  for (const header of response.setCookies) {
    const cookie = parseCookie(header);
    if (cookie) cookies.set(cookie.name, cookie.value);
  }
  const accessToken = cookies.get('access_token_cookie');
  const csrfToken = cookies.get('csrf_access_token');
  if (!accessToken || !csrfToken) {
    throw new ExportFailure(
      'origin-failed',
      'Knosc accepted the log-in but set no access_token_cookie or csrf_access_token.',
    );
  }
  return {
    originAddress,
    cookieHeader: `access_token_cookie=${accessToken}; csrf_access_token=${csrfToken}`,
    csrfToken,
    endsAtMs: endOf(accessToken) ?? nowMs + assumedLifetimeMs,
  };
}

// Knosc gives no number; Flask-JWT-Extended's default is 15 minutes, so a third of it is safe where a token does not say.
const assumedLifetimeMs = 5 * 60_000;

const jwtPayloadSchema = z.object({ exp: z.number() });

function endOf(jwt: string): number | undefined {
  const payload = parseJson(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  const parsed = jwtPayloadSchema.safeParse(payload);
  return parsed.success ? parsed.data.exp * 1000 : undefined;
}

async function logInRefusal(response: OriginResponse, nowMs: number): Promise<ExportFailure> {
  const { status, Code } = await readRefusal(response);
  // The Message is left out: it answers a body that held the password.
  const origin: OriginAnswer = { status, ...(Code !== undefined && { Code }) };
  const retryAfter = parseRetryAfter(response.retryAfter, nowMs);
  const facts = { origin, ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }) };
  // The status of a locked account is not documented; its Code is the likelier witness.
  if (status === 423 || /lock/i.test(Code ?? '')) {
    return new ExportFailure('origin-locked', 'The Knosc account is locked. It opens by itself after a while.', facts);
  }
  if (isBusy(status)) {
    return new ExportFailure('origin-busy', `Knosc is too busy to log in (status ${status}). Try again later.`, facts);
  }
  if (status >= 400 && status < 500) {
    return new ExportFailure(
      'credentials-unusable',
      `Knosc refused the log-in (status ${status}). Put the right user name, password and totp_secret into the secret.`,
      facts,
    );
  }
  const { code, detail } = originFailedWith(status);
  return new ExportFailure(code, detail, facts);
}
