import { ExportFailure } from '../ledger/failure.ts';
import type { Credentials, ReadCredentials } from './credentials.ts';
import type { Deadline } from './deadline.ts';
import type { LogIn, Session } from './log-in.ts';

/** A session to call the origin with. `isNew` where a log-in of this instance made it just now. */
export interface OpenedSession {
  readonly session: Session;
  readonly isNew: boolean;
}

/** The sessions of this function instance: at most one log-in at a time, none for what Knosc has refused. */
export interface Sessions {
  /** A living session, kept or new. Fails as `ReadCredentials` and `LogIn` do. */
  open(deadline: Deadline): Promise<OpenedSession>;
  /** Another session than the one that the origin has just refused. Fails as `open` does. */
  replace(refused: OpenedSession, deadline: Deadline): Promise<OpenedSession>;
}

interface SessionsDependencies {
  readonly readCredentials: ReadCredentials;
  readonly logIn: LogIn;
  readonly now: () => number;
}

// An export must not begin with a token that ends before the request has arrived.
const endMarginMs = 30_000;
// A log-in has a limit of its own, shared by all who wait for it; half of it may be spent on waiting for a new TOTP step.
const logInLimitMs = 60_000;

export function createSessions({ readCredentials, logIn, now }: SessionsDependencies): Sessions {
  let kept: { readonly version: string; readonly session: Session } | undefined;
  let underWay: { readonly version: string; readonly session: Promise<Session> } | undefined;
  let refused: { readonly version: string; readonly failure: ExportFailure } | undefined;

  async function logInOnce(credentials: Credentials): Promise<Session> {
    try {
      const session = await logIn(credentials, AbortSignal.timeout(logInLimitMs));
      kept = { version: credentials.version, session };
      return session;
    } catch (error) {
      if (error instanceof ExportFailure && error.code === 'credentials-unusable') {
        refused = { version: credentials.version, failure: error };
      }
      throw error;
    } finally {
      if (underWay?.version === credentials.version) underWay = undefined;
    }
  }

  async function open({ signal }: Deadline): Promise<OpenedSession> {
    const credentials = await readCredentials();
    const { version } = credentials;
    if (kept?.version === version && kept.session.endsAtMs - endMarginMs > now()) {
      return { session: kept.session, isNew: false };
    }
    if (refused?.version === version) throw refused.failure;
    if (underWay?.version !== version) underWay = { version, session: logInOnce(credentials) };
    return { session: await beforeDeadline(underWay.session, signal), isNew: true };
  }

  return {
    open,
    replace: ({ session }, deadline) => {
      if (kept?.session === session) kept = undefined;
      return open(deadline);
    },
  };
}

async function beforeDeadline<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const expire = () => {
    deadline.reject(new ExportFailure('origin-timeout', 'Knosc was too slow: the time ran out during the log-in.'));
  };
  if (signal.aborted) expire();
  signal.addEventListener('abort', expire, { once: true });
  try {
    return await Promise.race([promise, deadline.promise]);
  } finally {
    signal.removeEventListener('abort', expire);
  }
}
