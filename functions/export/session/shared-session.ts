import { ExportFailure, problemOf } from '../../ledger/failure.ts';
import { originKey } from '../../ledger/keys.ts';
import type { Credentials } from './credentials.ts';
import type { LogIn, LogInOutcome } from './log-in.ts';
import { nextStep, tooLittleTime } from './next-step.ts';
import type { OriginState, OriginStates, VersionedState } from './origin-state.ts';
import type { RenewalOutcome, Renew } from './renewal.ts';
import type { ReadSeal, Seal } from './seal.ts';
import { isLiving, type Session } from './session.ts';
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

/** All in milliseconds. Times are the fleet's, so every instance should have the same. */
export interface SessionTiming {
  /** How long a holder may be silent before another takes its place; less where the deadline is nearer. */
  readonly leaseMs: number;
  /** How long a log-in or renewal may take; a third of the lease at most, so that a holder has ended before it is replaced. */
  readonly limitMs: number;
  /** Nothing is begun that could not be given this long: it would most likely end without a known outcome. */
  readonly leastLimitMs: number;
  /** Bounds of the random time between two looks at another's lease. */
  readonly pollMs: readonly [least: number, most: number];
}

export const sessionTiming: SessionTiming = {
  leaseMs: 90_000,
  limitMs: 30_000,
  leastLimitMs: 5_000,
  pollMs: [200, 1_000],
};

interface SharedSessionDependencies {
  readonly states: OriginStates;
  readonly readSeal: ReadSeal;
  readonly logIn: LogIn;
  readonly renew: Renew;
  readonly timing: SessionTiming;
  /** This machine's clock, for deadlines and limits. */
  readonly now: () => number;
  /** S3's clock, for everything that the fleet shares. */
  readonly storeNow: () => number;
  /** Ends early, without an error, where the signal is aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly newId: () => string;
}

type Lease = NonNullable<OriginState['lease']>;

/** A lease that was taken, with everything that its holder needs. */
interface Held {
  readonly written: VersionedState;
  readonly lease: Lease;
  readonly before: OriginState;
  readonly seal: Seal;
  /** When the attempt must have ended, by this machine's clock; counted from before the lease was written. */
  readonly limitEndMs: number;
}

export function createOpenSharedSession(dependencies: SharedSessionDependencies): OpenSharedSession {
  const { states, readSeal, logIn, renew, timing, now, storeNow, sleep, random, newId } = dependencies;

  const lengthsOf = ({ endsAtMs }: SessionAsk) => {
    const leaseMs = Math.min(timing.leaseMs, endsAtMs() - now());
    return { leaseMs, limitMs: Math.min(timing.limitMs, leaseMs / 3) };
  };

  async function circumstancesOf(ask: SessionAsk) {
    const { credentials, refusedId, strikeLimit } = ask;
    const found = await states.read(credentials.version);
    const { etag, state } = found;
    const seal = await readSeal(state.session?.key_version);
    const hasCode = credentials.totpSecret !== undefined;
    const usedElsewhere = hasCode && etag === undefined ? await ask.usedTotpStep() : -1;
    const nowMs = storeNow();
    const step = nextStep({
      state,
      session: state.session && seal.open(state.session, credentials),
      refusedId,
      nowMs,
      hasTimeForLease: lengthsOf(ask).limitMs >= timing.leastLimitMs,
      strikeLimit,
      totp: hasCode
        ? { step: totpStepAt(nowMs), highestUsed: Math.max(state.totp_step ?? -1, usedElsewhere) }
        : undefined,
      howToClear: howToClear(credentials.version),
    });
    return { found, seal, step };
  }

  /** `undefined` where another was faster. */
  async function takeLease(
    ask: SessionAsk,
    seal: Seal,
    found: VersionedState,
    purpose: Lease['purpose'],
    next: OriginState,
  ): Promise<Held | undefined> {
    const startedMs = now();
    const { leaseMs, limitMs } = lengthsOf(ask);
    const lease: Lease = { owner: newId(), purpose, until: new Date(storeNow() + leaseMs).toISOString() };
    const written = await states.write(ask.credentials.version, found, { ...next, lease });
    if (!written.isOurs) return undefined;
    return { written, lease, before: found.state, seal, limitEndMs: startedMs + limitMs };
  }

  /** Runs what the lease was taken for, until its limit; `tooLate` where the limit has passed before it began. */
  async function withinLimit<T>(
    { limitEndMs }: Held,
    tooLate: T,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const leftMs = limitEndMs - now();
    if (leftMs <= 0) return tooLate;
    const limit = new AbortController();
    const ended = new AbortController();
    const timer = sleep(leftMs, ended.signal).then(() => ended.signal.aborted || limit.abort());
    try {
      return await run(limit.signal);
    } finally {
      ended.abort();
      await timer;
    }
  }

  /**
   * Writes what came of it and gives the lease back. Where another has taken over nothing is written: what it counted stands.
   * Where S3 does not answer it is tried until the lease ends; then the attempt counts as one whose outcome nobody wrote.
   */
  async function settle(ask: SessionAsk, held: Held, change: (state: OriginState) => OriginState): Promise<void> {
    const { version } = ask.credentials;
    const { lease: _, ...withoutLease } = held.written.state;
    let current = held.written;
    for (;;) {
      try {
        const written = await states.write(version, current, change(withoutLease));
        // An operator who deleted the state meanwhile wants to begin anew; this outcome belongs to the beginning.
        const isDeleted = written.etag === undefined;
        if (written.isOurs || !isDeleted) return;
        current = written;
      } catch (error) {
        if (!(error instanceof ExportFailure) || Date.parse(held.lease.until) <= storeNow()) throw error;
        await sleep(pollMs());
      }
    }
  }

  const pollMs = () => timing.pollMs[0] + random() * (timing.pollMs[1] - timing.pollMs[0]);

  async function logInOnce(ask: SessionAsk, found: VersionedState, seal: Seal, totpStep: number) {
    const { credentials, refusedId, isPending } = ask;
    const { session: sealed, ...rest } = found.state;
    const session = sealed && seal.open(sealed, credentials);
    // A session that still lives is left to the others meanwhile.
    const isOfUse = session !== undefined && session.id !== refusedId && isLiving(session, storeNow());
    const held = await takeLease(ask, seal, found, 'log-in', {
      ...(isOfUse ? found.state : rest),
      strikes: found.state.strikes + 1,
      ...(credentials.totpSecret !== undefined && { totp_step: totpStep }),
    });
    if (!held) return undefined;
    const notSent: LogInOutcome = { kind: 'unjudged', failure: tooLittleTime(), isCodeSpent: false };
    const outcome = await withinLimit(held, notSent, (signal) => logIn(credentials, totpStep, signal));
    await settle(ask, held, (state) => {
      const counted = outcome.isCodeSpent ? state : withTotpStepOf(held.before, state);
      return stateAfterLogIn({ state: counted, outcome, held, credentials, isPending, nowMs: storeNow() });
    }).catch((error: unknown) => {
      // What was found out is worth more to this export than why it could not be shared.
      if (!(error instanceof ExportFailure)) throw error;
    });
    return outcome;
  }

  async function renewOnce(ask: SessionAsk, found: VersionedState, seal: Seal, session: Session): Promise<void> {
    const held = await takeLease(ask, seal, found, 'renewal', found.state);
    if (!held) return;
    const notSent: RenewalOutcome = { kind: 'unjudged', failure: tooLittleTime() };
    const outcome = await withinLimit(held, notSent, (signal) => renew(session, signal));
    await settle(ask, held, (state) => {
      if (outcome.kind === 'unjudged') return cooledDown(state, outcome.failure, storeNow(), 0);
      const { session: _, cool_down: __, ...rest } = state;
      return outcome.kind === 'accepted' ? { ...rest, session: seal.close(outcome.session) } : rest;
    });
  }

  return async (ask) => {
    for (;;) {
      const { found, seal, step } = await circumstancesOf(ask);
      if (step.kind === 'use') return { session: step.session, isNew: false };
      if (step.kind === 'refuse') return { refusal: step.failure };
      if (step.kind === 'give up') throw step.failure;
      if (now() >= ask.endsAtMs()) throw tooLittleTime();
      if (step.kind === 'wait') await sleep(Math.min(step.ms, pollMs(), ask.endsAtMs() - now()));
      if (step.kind === 'renew') await renewOnce(ask, found, seal, step.session);
      if (step.kind === 'log in') {
        if (await ask.isSuperseded()) return 'superseded';
        const outcome = await logInOnce(ask, found, seal, step.totpStep);
        if (outcome?.kind === 'accepted') return { session: outcome.session, isNew: true };
        if (outcome?.kind === 'refused') return { refusal: withAdvice(outcome.failure, ask.credentials.version) };
        // Everything else is in the state now: a cool-down, a strike, or another's lease.
      }
    }
  };
}

function howToClear(version: string): string {
  return `put a new version of the secret, or delete ${originKey(version)} from the bucket`;
}

interface LogInEnd {
  readonly state: OriginState;
  readonly outcome: LogInOutcome;
  readonly held: Held;
  readonly credentials: Credentials;
  readonly isPending: boolean;
  readonly nowMs: number;
}

/** At two strikes nobody tries again; a short while must pass before the second, so that an outage does not cost both. */
const doubtfulCoolDownMs = 30_000;

/** What the fleet knows after a log-in. The strike was counted before it was sent; only what clears it takes it back. */
function stateAfterLogIn({ state, outcome, held, credentials, isPending, nowMs }: LogInEnd): OriginState {
  const { cool_down: _, ...rest } = state;
  const refused = (failure: ExportFailure): OriginState => ({
    ...rest,
    refusal: problemOf(withAdvice(failure, credentials.version)),
  });
  switch (outcome.kind) {
    case 'accepted':
      return { ...rest, strikes: 0, session: held.seal.close(outcome.session) };
    case 'refused':
      return isPending ? rest : refused(outcome.failure);
    case 'code-refused':
      return isPending || state.strikes < 2 ? rest : refused(outcome.failure);
    case 'doubtful':
    case 'unknown':
      return cooledDown(state, outcome.failure, nowMs, doubtfulCoolDownMs);
    case 'unjudged':
      return cooledDown({ ...state, strikes: held.before.strikes }, outcome.failure, nowMs, 0);
  }
}

const firstCoolDownMs = 1_000;
const longestCoolDownMs = 5 * 60_000;

/** A cool-down that doubles with every failure in a row, and is as long as the origin asked for where that is longer. */
function cooledDown(state: OriginState, failure: ExportFailure, nowMs: number, leastMs: number): OriginState {
  const failures = (state.cool_down?.failures ?? 0) + 1;
  const grownMs = Math.min(firstCoolDownMs * 2 ** Math.min(failures - 1, 20), longestCoolDownMs);
  const askedMs = (failure.facts.retryAfterSeconds ?? 0) * 1000;
  const until = new Date(nowMs + Math.max(grownMs, askedMs, leastMs)).toISOString();
  return { ...state, cool_down: { failures, until, problem: problemOf(failure) } };
}

function withAdvice({ code, message, facts }: ExportFailure, version: string): ExportFailure {
  return new ExportFailure(code, `${message} It is not tried again until you ${howToClear(version)}.`, facts);
}

/** A step whose code was not sent may be used by the next log-in. */
function withTotpStepOf(before: OriginState, state: OriginState): OriginState {
  const { totp_step: _, ...rest } = state;
  return before.totp_step === undefined ? rest : { ...rest, totp_step: before.totp_step };
}
