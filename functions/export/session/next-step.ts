import { ExportFailure } from '../../ledger/failure.ts';
import type { Problem } from '../../ledger/problem.ts';
import type { OriginState } from './origin-state.ts';
import { isFresh, isLiving, type Session } from './session.ts';
import { startOfTotpStep } from './totp.ts';

/** What there is to do for who wants a session. `refuse` and `give up` differ: another version of the secret may mend the former. */
export type NextStep =
  | { readonly kind: 'use'; readonly session: Session }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'renew'; readonly session: Session }
  | { readonly kind: 'log in'; readonly totpStep: number }
  | { readonly kind: 'give up'; readonly failure: ExportFailure }
  | { readonly kind: 'refuse'; readonly failure: ExportFailure };

interface Circumstances {
  readonly state: OriginState;
  /** What the state's session is to those who hold the key; `undefined` where there is none, or it cannot be read. */
  readonly session: Session | undefined;
  /** The session that the origin has just refused. */
  readonly refusedId: string | undefined;
  /** By S3's clock. */
  readonly nowMs: number;
  /** Whether enough of the deadline is left for a lease. */
  readonly hasTimeForLease: boolean;
  /** How many strikes end all trying: two, as Knosc locks at the third. */
  readonly strikeLimit: number;
  /** The time step that a log-in would reserve, and the highest that may have been used; absent where no code is needed. */
  readonly totp: { readonly step: number; readonly highestUsed: number } | undefined;
  /** What an operator reads: how to make the fleet try again. */
  readonly howToClear: string;
}

/** The one place that decides. Nothing in it waits, reads or writes. */
export function nextStep(circumstances: Circumstances): NextStep {
  const { session, refusedId, nowMs } = circumstances;
  const accepted = session?.id === refusedId ? undefined : session;
  if (accepted && isFresh(accepted, nowMs)) return { kind: 'use', session: accepted };

  const step = stepWithoutSession(circumstances);
  const isAttempt = step.kind === 'renew' || step.kind === 'log in';
  // A session near its end is still good: whoever cannot renew it now goes on with it.
  return accepted && isLiving(accepted, nowMs) && !isAttempt ? { kind: 'use', session: accepted } : step;
}

function stepWithoutSession(circumstances: Circumstances): NextStep {
  const { state, session, nowMs, hasTimeForLease, strikeLimit, totp, howToClear } = circumstances;
  const leaseEndsInMs = Date.parse(state.lease?.until ?? '') - nowMs;
  if (leaseEndsInMs > 0) return { kind: 'wait', ms: leaseEndsInMs };
  // Renewal comes first: it needs no password, so strikes and refusals are nothing to it.
  if (!session?.renewal) {
    if (state.refusal) return { kind: 'refuse', failure: failureOf(state.refusal) };
    if (state.strikes >= strikeLimit) return { kind: 'refuse', failure: tooManyStrikes(state, howToClear) };
  }
  const coolDownEndsInMs = Date.parse(state.cool_down?.until ?? '') - nowMs;
  if (state.cool_down && coolDownEndsInMs > 0) {
    return { kind: 'give up', failure: failureOf(state.cool_down.problem, Math.ceil(coolDownEndsInMs / 1000)) };
  }
  if (!hasTimeForLease) return { kind: 'give up', failure: tooLittleTime() };
  if (session?.renewal) return { kind: 'renew', session };
  if (totp && totp.step <= totp.highestUsed) {
    return { kind: 'wait', ms: startOfTotpStep(totp.highestUsed + 1) - nowMs };
  }
  return { kind: 'log in', totpStep: totp?.step ?? 0 };
}

function tooManyStrikes({ strikes, cool_down }: OriginState, howToClear: string): ExportFailure {
  const last = cool_down ? ` The last one: ${cool_down.problem.detail}` : '';
  return new ExportFailure(
    'credentials-unusable',
    `${strikes} log-ins in a row were refused, or ended without an answer that anybody saw.${last} No further one is tried, since Knosc locks the account at the third. Check the credentials, then ${howToClear}.`,
  );
}

export function tooLittleTime(): ExportFailure {
  return new ExportFailure('origin-timeout', 'The time ran out before there was a session at Knosc.');
}

/** A stored problem as a failure again; of its `retry_after_s` so much as is left. */
function failureOf({ code, detail, origin, retry_after_s }: Problem, leftSeconds = 0): ExportFailure {
  return new ExportFailure(code, detail, {
    ...(origin && { origin }),
    ...(retry_after_s !== undefined && { retryAfterSeconds: Math.min(retry_after_s, leftSeconds) }),
  });
}
