import * as z from 'zod';
import { ExportFailure, type OriginAnswer } from '../../ledger/failure.ts';
import type { CallOrigin, OriginResponse } from '../origin.ts';
import { isBusy, originFailedWith, parseRetryAfter, readRefusal, readText } from '../origin-refusal.ts';
import { parseJson } from '../parse-json.ts';
import type { Credentials } from './credentials.ts';
import { type Session, sessionOf } from './session.ts';
import { totpCode } from './totp.ts';

/**
 * What a log-in says of the credentials. `refused`: they are wrong. `code-refused`: the TOTP code was, perhaps only for its
 * moment. `doubtful`: an answer that may count as a refusal. `unknown`: the request may have arrived, the answer did not.
 * `unjudged`: nothing at all, since it was never sent, or Knosc judged something else.
 */
export type LogInOutcome = { readonly isCodeSpent: boolean } & (
  | { readonly kind: 'accepted'; readonly session: Session }
  | { readonly kind: 'refused' | 'code-refused' | 'doubtful' | 'unknown' | 'unjudged'; readonly failure: ExportFailure }
);

/**
 * Logs in once, with the TOTP code of the given time step where the account asks for one. Never repeats anything: Knosc locks
 * the account at the third refused log-in, so whoever calls counts.
 */
export type LogIn = (credentials: Credentials, totpStep: number, signal: AbortSignal) => Promise<LogInOutcome>;

interface LogInDependencies {
  readonly callOrigin: CallOrigin;
  readonly now: () => number;
  readonly newId: () => string;
}

type FailedLogIn = Pick<Exclude<LogInOutcome, { kind: 'accepted' }>, 'kind' | 'failure'>;

// Three different bodies come with status 200 (Knosc, "Login"), so the body decides, not the status.
const logInBodySchema = z.union([
  z.object({ login: z.literal(true) }),
  z.object({ requires_2fa: z.literal(true) }),
  z.object({ first_signin: z.literal(true) }),
]);

export function createLogIn({ callOrigin, now, newId }: LogInDependencies): LogIn {
  async function post(credentials: Credentials, path: string, json: unknown, signal: AbortSignal) {
    const sentAtMs = now();
    try {
      const { originAddress } = credentials;
      const response = await callOrigin({ originAddress, path, headers: {}, json, signal });
      if (response.status !== 200) return { failed: await refusalOf(response, now()) };
      const body = logInBodySchema.safeParse(parseJson(await readText(response)));
      if (body.success) return { body: body.data, setCookies: response.setCookies, sentAtMs };
      return { failed: unjudged('origin-failed', 'Knosc answered the log-in with something that is not a log-in.') };
    } catch (error) {
      if (!(error instanceof ExportFailure)) throw error;
      const kind = wasNeverSent(error) ? 'unjudged' : 'unknown';
      return { failed: { kind, failure: error } satisfies FailedLogIn };
    }
  }

  return async (credentials, totpStep, signal) => {
    const { version: secretVersion, originAddress, username, password, totpSecret } = credentials;
    let isCodeSpent = false;
    let answer = await post(credentials, '/api/authenticate', { username, password }, signal);
    if (answer.body && 'requires_2fa' in answer.body) {
      if (totpSecret === undefined) return { ...secondFactorNeeded, isCodeSpent };
      const totp_code = totpCode(totpSecret, totpStep);
      answer = await post(credentials, '/api/verify-2fa', { username, totp_code }, signal);
      isCodeSpent = !(answer.failed && wasNeverSent(answer.failed.failure));
    }
    if (answer.failed) return { ...answer.failed, isCodeSpent };
    const { body, setCookies, sentAtMs } = answer;
    if ('first_signin' in body) return { ...firstSignInNeeded, isCodeSpent };
    const session = sessionOf({ id: newId(), secretVersion, originAddress, setCookies, sentAtMs });
    if (session) return { kind: 'accepted', session, isCodeSpent };
    const detail = 'Knosc accepted the log-in but set no access_token_cookie or csrf_access_token.';
    return { ...unjudged('origin-failed', detail), isCodeSpent };
  };
}

function unjudged(code: ExportFailure['code'], detail: string): FailedLogIn {
  return { kind: 'unjudged', failure: new ExportFailure(code, detail) };
}

const secondFactorNeeded = unjudged(
  'second-factor-needed',
  'The account asks for a TOTP code and the secret holds no "totp_secret". Put the account\'s set-up key there.',
);
const firstSignInNeeded = unjudged(
  'first-sign-in-needed',
  'The account was never used. Sign in to Knosc with it once in a browser and set its password, then put that into the secret.',
);

async function refusalOf(response: OriginResponse, nowMs: number): Promise<FailedLogIn> {
  const { status } = response;
  // What broke in the middle of a refusal is a refusal all the same.
  const { Code } = await readRefusal(response).catch((): OriginAnswer => ({ status }));
  // The Message is left out: it answers a body that held the password.
  const origin: OriginAnswer = { status, ...(Code !== undefined && { Code }) };
  const retryAfter = parseRetryAfter(response.retryAfter, nowMs);
  const facts = { origin, ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }) };
  const because = (code: ExportFailure['code'], detail: string) => new ExportFailure(code, detail, facts);

  // The status of a locked account is not documented; its Code is the likelier witness.
  if (status === 423 || /lock/i.test(Code ?? '')) {
    const failure = because('origin-locked', 'The Knosc account is locked. It opens by itself after a while.');
    return { kind: 'unjudged', failure };
  }
  if (isBusy(status)) {
    const failure = because('origin-busy', `Knosc is too busy to log in (status ${status}). Try again later.`);
    return { kind: 'unjudged', failure };
  }
  if (Code === '2FA.InvalidCode') {
    const detail = 'Knosc refused the TOTP code. Put the set-up key that Knosc shows into the secret\'s "totp_secret".';
    return { kind: 'code-refused', failure: because('credentials-unusable', detail) };
  }
  if (status >= 400 && status < 500) {
    const isPlain = status === 401 || Code === 'User.InvalidCredentials' || (status === 403 && Code !== undefined);
    const detail = `Knosc refused the log-in (status ${status}). Put the right base_url, user name, password and totp_secret into the secret.`;
    // A page of a gateway, a 404 of something that is not Knosc: probably no judgement, but nobody can be sure.
    return { kind: isPlain ? 'refused' : 'doubtful', failure: because('credentials-unusable', detail) };
  }
  const { code, detail } = originFailedWith(status);
  return { kind: 'unjudged', failure: because(code, detail) };
}

const causeSchema = z.object({ code: z.string().optional(), syscall: z.string().optional() });
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
/** OpenSSL's words for a certificate that will not do; the handshake ends before anything is sent. */
const certificateRefused = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_)/;

/** No connection came about. Everything else may have reached Knosc, even where it looks as if it had not. */
function wasNeverSent(failure: ExportFailure): boolean {
  const { code = '', syscall } = causeSchema.safeParse(failure.cause).data ?? {};
  return neverSent.has(code) || syscall === 'connect' || certificateRefused.test(code);
}
