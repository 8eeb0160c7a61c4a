import { ExportFailure } from '../../ledger/failure.ts';
import type { OriginState, OriginStates, VersionedState } from './origin-state.ts';

/** All in milliseconds. Times are the fleet's, so every instance should have the same. */
export interface SessionTiming {
  /** How long a holder may be silent before another takes its place; less where its deadline is nearer. */
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
  leastLimitMs: 3_000,
  pollMs: [200, 1_000],
};

export type Purpose = NonNullable<OriginState['lease']>['purpose'];

/** A lease that is ours, and what was written with it. */
export interface HeldLease {
  readonly secretVersion: string;
  readonly written: VersionedState;
  /** The state before it was taken. */
  readonly before: OriginState;
  /** By S3's clock. */
  readonly endsAtMs: number;
  /** When the attempt must have ended, by this machine's clock; counted from before the lease was written. */
  readonly limitEndMs: number;
}

interface LeaseRequest {
  readonly secretVersion: string;
  readonly found: VersionedState;
  readonly purpose: Purpose;
  /** What is written with the lease, in the same conditional write. */
  readonly next: OriginState;
  /** No lease outlives this moment, by this machine's clock. */
  readonly deadlineMs: number;
}

/** The right to talk to the origin about a session: one holder at a time, replaced once its lease has ended. */
export interface Leases {
  /** Whether a lease that ends by then would be worth taking. */
  hasTime(deadlineMs: number): boolean;
  /** `undefined` where another was faster. Fails with `store-failed`. */
  take(request: LeaseRequest): Promise<HeldLease | undefined>;
  /** Runs what the lease was taken for, aborted at its limit; answers `tooLate` where that had passed before it could begin. */
  withinLimit<T>(held: HeldLease, tooLate: T, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /**
   * Writes what came of it, and gives the lease back. Where another has taken over nothing is written: what was counted
   * before stands. Where S3 does not answer it is tried until the lease ends, then fails with `store-failed`.
   */
  settle(held: HeldLease, change: (state: OriginState) => OriginState): Promise<void>;
  /** Some time until the next look at another's lease: at most so long. */
  pause(atMostMs: number): Promise<void>;
}

interface LeaseDependencies {
  readonly states: OriginStates;
  readonly timing: SessionTiming;
  /** This machine's clock, for deadlines and limits. */
  readonly now: () => number;
  /** S3's clock, by which all judge a lease. */
  readonly storeNow: () => number;
  /** Ends early, without an error, where the signal is aborted. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly newId: () => string;
}

export function createLeases(dependencies: LeaseDependencies): Leases {
  const { states, timing, now, storeNow, sleep, random, newId } = dependencies;

  function lengthsUntil(deadlineMs: number) {
    const leaseMs = Math.min(timing.leaseMs, deadlineMs - now());
    return { leaseMs, limitMs: Math.min(timing.limitMs, leaseMs / 3) };
  }

  const pollMs = () => timing.pollMs[0] + random() * (timing.pollMs[1] - timing.pollMs[0]);

  return {
    hasTime: (deadlineMs) => lengthsUntil(deadlineMs).limitMs >= timing.leastLimitMs,
    pause: (atMostMs) => sleep(Math.min(atMostMs, pollMs())),
    take: async ({ secretVersion, found, purpose, next, deadlineMs }) => {
      const startedMs = now();
      const { leaseMs, limitMs } = lengthsUntil(deadlineMs);
      const endsAtMs = storeNow() + leaseMs;
      const lease = { owner: newId(), purpose, until: new Date(endsAtMs).toISOString() };
      const written = await states.write(secretVersion, found, { ...next, lease });
      if (!written.isOurs) return undefined;
      return { secretVersion, written, before: found.state, endsAtMs, limitEndMs: startedMs + limitMs };
    },
    withinLimit: async ({ limitEndMs }, tooLate, run) => {
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
    },
    settle: async ({ secretVersion, written: { state, ...version }, endsAtMs }, change) => {
      const { lease: _, ...withoutLease } = state;
      let current: VersionedState = { state, ...version };
      for (;;) {
        try {
          const written = await states.write(secretVersion, current, change(withoutLease));
          // Where an operator has deleted the state meanwhile, this outcome is what the next one begins with.
          if (written.isOurs || written.etag !== undefined) return;
          current = written;
        } catch (error) {
          if (!(error instanceof ExportFailure) || endsAtMs <= storeNow()) throw error;
          await sleep(pollMs());
        }
      }
    },
  };
}
