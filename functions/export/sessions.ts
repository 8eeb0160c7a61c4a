import { ExportFailure } from '../ledger/failure.ts';
import type { Credentials } from './credentials.ts';
import type { LogIn, Session } from './log-in.ts';

/** The sessions of this function instance: at most one log-in at a time, none for what Knosc has refused. */
export interface Sessions {
  /** A living session for these credentials, kept or new (`isNew` tells). Fails as `LogIn` does. */
  open(credentials: Credentials, signal: AbortSignal): Promise<{ session: Session; isNew: boolean }>;
  /** Drops a session that the origin no longer accepts. */
  forget(session: Session): void;
}

interface SessionsDependencies {
  readonly logIn: LogIn;
  readonly now: () => number;
}

// An export must not begin with a token that ends before the request has arrived.
const endMarginMs = 30_000;
// A log-in has a limit of its own, shared by all who wait for it; half of it may be spent on waiting for a new TOTP step.
const logInLimitMs = 60_000;

export function createSessions({ logIn, now }: SessionsDependencies): Sessions {
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

  return {
    open: async (credentials, signal) => {
      const { version } = credentials;
      if (kept?.version === version && kept.session.endsAtMs - endMarginMs > now()) {
        return { session: kept.session, isNew: false };
      }
      if (refused?.version === version) throw refused.failure;
      if (underWay?.version !== version) underWay = { version, session: logInOnce(credentials) };
      return { session: await beforeDeadline(underWay.session, signal), isNew: true };
    },
    forget: (session) => {
      if (kept?.session === session) kept = undefined;
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
