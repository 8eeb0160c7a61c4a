import { ExportFailure } from '../../ledger/failure.ts';
import type { Deadline } from '../deadline.ts';
import type { KnoscSecret } from './credentials.ts';
import { type OpenedSession, type OpenFleetSession, secretFreshForMs } from './rotation.ts';
import { isFresh, isLiving, type Session } from './session.ts';

/** The session that this instance shares with the fleet. */
export interface Sessions {
  /**
   * A living session. Fails with `credentials-unusable`, `second-factor-needed`, `first-sign-in-needed`, `origin-locked`,
   * `origin-busy`, `origin-failed`, `origin-timeout` or `store-failed`.
   */
  open(deadline: Deadline): Promise<OpenedSession>;
  /** Another session than the one that the origin has just refused: the fleet's newer one, or renewed, or made by a log-in. */
  replace(refused: OpenedSession, deadline: Deadline): Promise<OpenedSession>;
}

interface SessionsDependencies {
  readonly secret: KnoscSecret;
  readonly openFleetSession: OpenFleetSession;
  /** S3's clock, by which sessions end. */
  readonly storeNow: () => number;
}

/** One way to a session that everybody in this process who needs one shares; it goes on until the last one's deadline. */
interface Flight {
  endsAtMs: number;
  readonly opened: Promise<OpenedSession>;
}

/** Kept in memory is one session, and nothing that was refused: so that what an operator clears is cleared at once. */
export function createSessions({ secret, openFleetSession, storeNow }: SessionsDependencies): Sessions {
  let kept: Session | undefined;
  const flights = new Map<string, Flight>();

  async function fly(refused: Session | undefined, endsAtMs: () => number): Promise<OpenedSession> {
    const opened = await openFleetSession(refused, endsAtMs);
    kept = opened.session;
    return opened;
  }

  function join(refused: Session | undefined, deadline: Deadline): Promise<OpenedSession> {
    const key = refused?.id ?? '';
    const underWay = flights.get(key);
    if (underWay) underWay.endsAtMs = Math.max(underWay.endsAtMs, deadline.endsAtMs);
    const flight = underWay ?? begin(key, refused, deadline);
    return beforeDeadline(flight.opened, deadline.signal);
  }

  function begin(key: string, refused: Session | undefined, deadline: Deadline): Flight {
    const flight: Flight = {
      endsAtMs: deadline.endsAtMs,
      opened: fly(refused, () => flight.endsAtMs).finally(() => flights.delete(key)),
    };
    flights.set(key, flight);
    return flight;
  }

  return {
    open: async (deadline) => {
      const { version } = await secret.current(secretFreshForMs);
      if (kept?.secretVersion === version) {
        // Near its end the first one waits for its renewal; the others go on with it meanwhile.
        const isGood = flights.has('') ? isLiving(kept, storeNow()) : isFresh(kept, storeNow());
        if (isGood) return { session: kept, isNew: false };
      }
      return join(undefined, deadline);
    },
    replace: ({ session }, deadline) => {
      if (kept?.id === session.id) kept = undefined;
      return join(session, deadline);
    },
  };
}

async function beforeDeadline<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const expire = () => {
    deadline.reject(new ExportFailure('origin-timeout', 'The time ran out before there was a session at Knosc.'));
  };
  if (signal.aborted) expire();
  signal.addEventListener('abort', expire, { once: true });
  try {
    return await Promise.race([promise, deadline.promise]);
  } finally {
    signal.removeEventListener('abort', expire);
  }
}
