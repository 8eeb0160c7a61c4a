import { messageRetentionSeconds } from '../../functions/ledger/read-record.ts';

/** More exports than there are functions for: how the age of the queue's oldest message grows, and what is lost in the end. */
export interface Overload {
  /** What is asked for over what can be run. */
  readonly load: number;
  /** The age after so many seconds of it; the queue was empty at first. */
  readonly ageAfterSeconds: (seconds: number) => number;
  /** When the first message is older than the queue keeps it; its export then reads as failed, `export-abandoned`. */
  readonly losesAfterSeconds: number;
  /** The share of exports that are lost from then on. */
  readonly lostShare: number;
}

/** First come, first served: whoever begins at `t` has asked at `t / load`. */
export function overloadOf(askedPerSecond: number, runPerSecond: number): Overload {
  const load = askedPerSecond / runPerSecond;
  const growth = Math.max(0, 1 - 1 / load);
  return {
    load,
    ageAfterSeconds: (seconds) => Math.min(seconds * growth, messageRetentionSeconds),
    losesAfterSeconds: messageRetentionSeconds / growth,
    lostShare: growth,
  };
}

/** How long a backlog takes to drain while new exports come: the spare capacity is what is left for it. */
export function drainSeconds(backlog: number, askedPerSecond: number, runPerSecond: number): number {
  return runPerSecond > askedPerSecond ? backlog / (runPerSecond - askedPerSecond) : Number.POSITIVE_INFINITY;
}
