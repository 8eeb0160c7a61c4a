import { ExportFailure } from '../../ledger/failure.ts';
import { problemOf } from '../../ledger/problem.ts';
import { originKey } from '../../ledger/keys.ts';
import type { LogInOutcome } from './log-in.ts';
import type { OriginState } from './origin-state.ts';
import type { RenewalOutcome } from './renewal.ts';
import type { SealedSession } from './seal.ts';
import type { Session } from './session.ts';

/** What is written after an attempt. Nothing in it waits, reads or writes. */
interface Ended<Outcome> {
  /** The state as it was written with the lease: its strike is counted. */
  readonly state: OriginState;
  /** The state before that. */
  readonly before: OriginState;
  readonly outcome: Outcome;
  readonly secretVersion: string;
  readonly seal: (session: Session) => SealedSession;
  /** By S3's clock. */
  readonly nowMs: number;
}

/** At two strikes nobody tries again; a while must pass before the second, so that one outage does not cost both. */
const doubtfulCoolDownMs = 30_000;

/** After a log-in. The strike was counted before it was sent; only what clears it takes it back. */
export function stateAfterLogIn(ended: Ended<LogInOutcome> & { readonly isPending: boolean }): OriginState {
  const { before, outcome, secretVersion, isPending, seal, nowMs } = ended;
  const state = outcome.isCodeSpent ? ended.state : withTotpStepOf(before, ended.state);
  const { cool_down: _, ...rest } = state;
  switch (outcome.kind) {
    case 'accepted':
      return { ...rest, strikes: 0, session: seal(outcome.session) };
    case 'refused':
    case 'code-refused': {
      // A code may be wrong for its moment only, and a version that is only pending may become right.
      const isFinal = !isPending && (outcome.kind === 'refused' || state.strikes >= 2);
      return isFinal ? { ...rest, refusal: problemOf(finalRefusal(outcome.failure, secretVersion)) } : rest;
    }
    case 'doubtful':
    case 'unknown':
      return cooledDown(state, outcome.failure, nowMs, doubtfulCoolDownMs);
    case 'unjudged':
      return cooledDown({ ...state, strikes: before.strikes }, outcome.failure, nowMs);
  }
}

/** After a renewal, which counts for nothing. */
export function stateAfterRenewal({ state, outcome, seal, nowMs }: Ended<RenewalOutcome>): OriginState {
  if (outcome.kind === 'unjudged') return cooledDown(state, outcome.failure, nowMs);
  const { session: _, cool_down: __, ...rest } = state;
  return outcome.kind === 'accepted' ? { ...rest, session: seal(outcome.session) } : rest;
}

/** How an operator makes the fleet try a version of the secret again. */
export function howToClear(secretVersion: string): string {
  return `put a new version of the secret, or delete ${originKey(secretVersion)} from the bucket`;
}

/** A refusal that ends all trying, saying so. */
export function finalRefusal({ code, message, facts }: ExportFailure, secretVersion: string): ExportFailure {
  return new ExportFailure(code, `${message} It is not tried again until you ${howToClear(secretVersion)}.`, facts);
}

const firstCoolDownMs = 1_000;
const longestCoolDownMs = 5 * 60_000;

/** A cool-down that doubles with every failure in a row, and is as long as the origin asked for where that is longer. */
function cooledDown(state: OriginState, failure: ExportFailure, nowMs: number, leastMs = 0): OriginState {
  const failures = (state.cool_down?.failures ?? 0) + 1;
  const grownMs = Math.min(firstCoolDownMs * 2 ** (failures - 1), longestCoolDownMs);
  const askedMs = (failure.facts.retryAfterSeconds ?? 0) * 1000;
  const lengthMs = Math.max(grownMs, askedMs, leastMs);
  // Where an operator has to do something, waiting does not help whoever called.
  const helpsToWait = failure.code.startsWith('origin-');
  const problem = { ...problemOf(failure), ...(helpsToWait && { retry_after_s: Math.ceil(lengthMs / 1000) }) };
  return { ...state, cool_down: { failures, until: new Date(nowMs + lengthMs).toISOString(), problem } };
}

/** A step whose code was not sent may be used by the next log-in. */
function withTotpStepOf(before: OriginState, state: OriginState): OriginState {
  const { totp_step: _, ...rest } = state;
  return before.totp_step === undefined ? rest : { ...rest, totp_step: before.totp_step };
}
