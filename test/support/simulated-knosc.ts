import type { Credentials } from '../../functions/export/session/credentials.ts';
import type { LogInOutcome } from '../../functions/export/session/log-in.ts';
import type { RenewalOutcome } from '../../functions/export/session/renewal.ts';
import type { Session } from '../../functions/export/session/session.ts';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import type { Timeline, TimelineProcess } from './timeline.ts';

/** A number from 0 up to, and not including, the given one. */
export type Draw = (below: number) => number;

/** One log-in as Knosc saw it; `bad`: refused, or its outcome was told to nobody alive. */
export interface SeenLogIn {
  readonly version: string;
  verdict: 'good' | 'bad' | 'unjudged';
}

/** Who calls, and by what clock. */
export interface Caller {
  readonly process: TimelineProcess;
  readonly signal: AbortSignal;
  readonly newId: () => string;
  readonly storeNow: () => number;
}

interface SimulatedKnoscOptions {
  readonly timeline: Timeline;
  readonly draw: Draw;
  readonly hasFaults: boolean;
  readonly needsCode: boolean;
  /** Which version of the secret has the right password at this moment, where there is one. */
  readonly rightVersion: () => string | undefined;
  /** Whether somebody holds the lease of a version, by S3's clock give or take a second. */
  readonly isLeased: (version: string) => boolean;
  /** Told of everything that must never be. */
  readonly violated: (what: string) => void;
}

/** Knosc as far as log-ins go, in memory: it counts, and answers late, wrongly, or not at all. */
export interface SimulatedKnosc {
  readonly logIns: readonly SeenLogIn[];
  logIn(caller: Caller, credentials: Credentials, step: number): Promise<LogInOutcome>;
  renew(caller: Caller, session: Session): Promise<RenewalOutcome>;
  takes(session: Session): boolean;
  /** Every session dies, as when the account changes. */
  endSessions(): void;
}

/** Answered within the lease less the log-in's limit, whoever still waits: the fleet can know of nothing later than that. */
const longestProcessingMs = 55_000;
const lifetimeMs = 15 * 60_000;

export function createSimulatedKnosc(options: SimulatedKnoscOptions): SimulatedKnosc {
  const { timeline, draw, hasFaults, needsCode, rightVersion, isLeased, violated } = options;
  const knosc = timeline.process();
  const logIns: SeenLogIn[] = [];
  const underWay = new Set<TimelineProcess>();
  const spentSteps = new Set<number>();
  let living = new Set<string>();
  let refusedInARow = 0;

  function sessionFor({ newId, storeNow }: Caller, version: string, sentAtMs: number): Session {
    const id = newId();
    living.add(id);
    void knosc.after(lifetimeMs - (storeNow() - sentAtMs)).then(() => living.delete(id));
    return {
      id,
      secretVersion: version,
      originAddress: 'https://acme.knosc.com',
      cookieHeader: 'c',
      csrfToken: 't',
      // A second factor's answer brings no refresh pair.
      ...(!needsCode && { renewal: { cookieHeader: 'r', csrfToken: 't' } }),
      renewFromMs: sentAtMs + lifetimeMs - 60_000,
      endsAtMs: sentAtMs + lifetimeMs,
    };
  }

  /** What Knosc makes of a log-in that has arrived. */
  function judge(caller: Caller, seen: SeenLogIn, sentAtMs: number): LogInOutcome {
    if (hasFaults && draw(8) === 0) {
      seen.verdict = 'unjudged';
      return { kind: 'unjudged', failure: new ExportFailure('origin-busy', '503'), isCodeSpent: false };
    }
    const isRight = rightVersion() === seen.version;
    if (isRight) {
      refusedInARow = 0;
      const session = sessionFor(caller, seen.version, sentAtMs);
      return { kind: 'accepted', session, isCodeSpent: needsCode };
    }
    refusedInARow += 1;
    if (refusedInARow > 2) violated('Knosc refused three log-ins in a row, and locks the account');
    return { kind: 'refused', failure: new ExportFailure('credentials-unusable', '401'), isCodeSpent: false };
  }

  return {
    logIns,
    logIn: async (caller, { version }, step) => {
      const { process, signal, storeNow } = caller;
      for (const other of underWay) {
        if (!other.isKilled() && !other.isPaused()) violated('two living instances log in at once');
      }
      if (!isLeased(version)) violated('a log-in is sent though its lease has ended');
      if (needsCode && spentSteps.has(step)) violated(`the code of step ${step} may be used twice`);
      const seen: SeenLogIn = { version, verdict: 'bad' };
      logIns.push(seen);
      underWay.add(process);
      const sentAtMs = storeNow();
      const unknown: LogInOutcome = {
        kind: 'unknown',
        failure: new ExportFailure('origin-failed', 'no answer'),
        isCodeSpent: needsCode,
      };
      const answered = (async () => {
        await knosc.after(1 + draw(hasFaults && draw(6) === 0 ? longestProcessingMs : 800));
        const outcome = hasFaults && draw(12) === 0 ? unknown : judge(caller, seen, sentAtMs);
        // The answer may be lost on its way.
        return hasFaults && draw(12) === 0 ? unknown : outcome;
      })();
      const aborted = new Promise<LogInOutcome>((resolve) => {
        signal.addEventListener('abort', () => resolve(unknown));
      });
      const outcome = await Promise.race([answered, aborted]);
      await process.after(1);
      underWay.delete(process);
      if (outcome.isCodeSpent) spentSteps.add(step);
      if (outcome.kind === 'accepted') seen.verdict = 'good';
      else if (outcome.kind !== 'unjudged') seen.verdict = 'bad';
      return outcome;
    },
    renew: async (caller, session) => {
      const sentAtMs = caller.storeNow();
      await caller.process.after(1 + draw(800));
      if (hasFaults && draw(8) === 0) {
        return { kind: 'unjudged', failure: new ExportFailure('origin-failed', 'reset') };
      }
      if (session.secretVersion !== rightVersion() || !session.renewal) return { kind: 'refused' };
      return { kind: 'accepted', session: sessionFor(caller, session.secretVersion, sentAtMs) };
    },
    takes: ({ id }) => living.has(id),
    endSessions: () => {
      living = new Set();
    },
  };
}
