import { ExportFailure } from '../../ledger/failure.ts';
import type { Credentials } from './credentials.ts';
import type { Leases } from './lease.ts';
import type { LogIn, LogInOutcome } from './log-in.ts';
import { nextStep, tooLittleTime } from './next-step.ts';
import type { OriginStates, VersionedState } from './origin-state.ts';
import type { RenewalOutcome, Renew } from './renewal.ts';
import type { ReadSeal, Seal } from './seal.ts';
import { isLiving, type Session } from './session.ts';
import { finalRefusal, howToClear, stateAfterLogIn, stateAfterRenewal } from './state-after.ts';
import { totpStepAt } from './totp.ts';

/** Who asks for a session of one version of the secret. */
export interface SessionAsk {
  readonly credentials: Credentials;
  /** The session that the origin has just refused. */
  readonly refusedId: string | undefined;
  /** By this machine's clock; it may move while others join. */
  readonly endsAtMs: () => number;
  readonly strikeLimit: number;
  /** A version that is only AWSPENDING: its refusal is a strike, and says nothing for the time when it is current. */
  readonly isPending: boolean;
  /** Asked right before a log-in, since a password that is no longer current would be refused. */
  readonly isSuperseded: () => Promise<boolean>;
  /** The highest time step that may have been used under other versions; asked while nothing is known of this one. */
  readonly usedTotpStep: () => Promise<number>;
}

/** A living session (`isNew`: made by a log-in just now, by us), or why there is none with this version of the secret. */
export type SessionAnswer =
  | { readonly session: Session; readonly isNew: boolean }
  | { readonly refusal: ExportFailure }
  | 'superseded';

/**
 * The fleet's session for one version of the secret: the one in S3, or else renewed or made under the lease in S3, so that at
 * most one of the fleet is at it, and every log-in is counted before it is sent. Throws what is not the credentials' fault:
 * `origin-locked`, `origin-busy`, `origin-failed`, `origin-timeout`, `second-factor-needed`, `first-sign-in-needed`, `store-failed`.
 */
export type OpenSharedSession = (ask: SessionAsk) => Promise<SessionAnswer>;

interface SharedSessionDependencies {
  readonly states: OriginStates;
  readonly leases: Leases;
  readonly readSeal: ReadSeal;
  readonly logIn: LogIn;
  readonly renew: Renew;
  /** This machine's clock, for deadlines. */
  readonly now: () => number;
  /** S3's clock, for everything that the fleet shares. */
  readonly storeNow: () => number;
}

/** What there is in S3 at one look at it. */
interface Look {
  readonly found: VersionedState;
  readonly session: Session | undefined;
  readonly seal: Seal;
}

export function createOpenSharedSession(dependencies: SharedSessionDependencies): OpenSharedSession {
  const { states, leases, readSeal, logIn, renew, now, storeNow } = dependencies;

  async function lookAt({ credentials }: SessionAsk): Promise<Look> {
    const found = await states.read(credentials.version);
    const sealed = found.state.session;
    const seal = await readSeal(sealed?.key_version);
    return { found, session: sealed && seal.open(sealed, credentials), seal };
  }

  async function stepAfter(ask: SessionAsk, { found, session }: Look) {
    const { credentials, refusedId, strikeLimit } = ask;
    const needsCode = credentials.totpSecret !== undefined;
    const usedElsewhere = needsCode && found.etag === undefined ? await ask.usedTotpStep() : -1;
    const nowMs = storeNow();
    const highestUsed = Math.max(found.state.totp_step ?? -1, usedElsewhere);
    return nextStep({
      state: found.state,
      session,
      refusedId,
      nowMs,
      hasTimeForLease: leases.hasTime(ask.endsAtMs()),
      strikeLimit,
      totp: needsCode ? { step: totpStepAt(nowMs), highestUsed } : undefined,
      howToClear: howToClear(credentials.version),
    });
  }

  /** `undefined` where another was faster. */
  async function logInOnce(ask: SessionAsk, look: Look, totpStep: number): Promise<LogInOutcome | undefined> {
    const { credentials, refusedId, isPending } = ask;
    const { found, session, seal } = look;
    const { session: _, ...withoutSession } = found.state;
    // A session that still lives is left to the others meanwhile.
    const isOfUse = session !== undefined && session.id !== refusedId && isLiving(session, storeNow());
    const held = await leases.take({
      secretVersion: credentials.version,
      found,
      purpose: 'log-in',
      next: {
        ...(isOfUse ? found.state : withoutSession),
        strikes: found.state.strikes + 1,
        ...(credentials.totpSecret !== undefined && { totp_step: totpStep }),
      },
      deadlineMs: ask.endsAtMs(),
    });
    if (!held) return undefined;
    const notSent: LogInOutcome = { kind: 'unjudged', failure: tooLittleTime(), isCodeSpent: false };
    const outcome = await leases.withinLimit(held, notSent, (signal) => logIn(credentials, totpStep, signal));
    const ended = { before: held.before, outcome, secretVersion: credentials.version, isPending, seal: seal.close };
    await leases
      .settle(held, (state) => stateAfterLogIn({ ...ended, state, nowMs: storeNow() }))
      .catch((error: unknown) => {
        // What was found out is worth more to this export than why it could not be shared.
        if (!(error instanceof ExportFailure)) throw error;
      });
    return outcome;
  }

  async function renewOnce(ask: SessionAsk, { found, seal }: Look, session: Session): Promise<void> {
    const secretVersion = ask.credentials.version;
    const next = found.state;
    const held = await leases.take({ secretVersion, found, purpose: 'renewal', next, deadlineMs: ask.endsAtMs() });
    if (!held) return;
    const notSent: RenewalOutcome = { kind: 'unjudged', failure: tooLittleTime() };
    const outcome = await leases.withinLimit(held, notSent, (signal) => renew(session, signal));
    const ended = { before: held.before, outcome, secretVersion, seal: seal.close };
    await leases.settle(held, (state) => stateAfterRenewal({ ...ended, state, nowMs: storeNow() }));
  }

  return async (ask) => {
    for (;;) {
      const look = await lookAt(ask);
      const step = await stepAfter(ask, look);
      if (step.kind === 'use') return { session: step.session, isNew: false };
      if (step.kind === 'refuse') return { refusal: step.failure };
      if (step.kind === 'give up') throw step.failure;
      if (now() >= ask.endsAtMs()) throw tooLittleTime();
      if (step.kind === 'wait') await leases.pause(Math.min(step.ms, ask.endsAtMs() - now()));
      if (step.kind === 'renew') await renewOnce(ask, look, step.session);
      if (step.kind === 'log in') {
        if (await ask.isSuperseded()) return 'superseded';
        const outcome = await logInOnce(ask, look, step.totpStep);
        if (outcome?.kind === 'accepted') return { session: outcome.session, isNew: true };
        if (outcome?.kind === 'refused') return { refusal: finalRefusal(outcome.failure, ask.credentials.version) };
        // Everything else is in the state now: a cool-down, a strike, or another's lease.
      }
    }
  };
}
