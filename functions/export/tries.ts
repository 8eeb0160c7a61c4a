import { ExportFailure } from '../ledger/failure.ts';
import type { Deadline } from './deadline.ts';

/**
 * Does a thing up to three times, all causes together, where its failure says that a repeat is harmless (`facts.repeat`).
 * Between tries it waits as long as `Retry-After` asks, and a random part of 2 s, then of 8 s, more. A wait that does not fit the
 * deadline is not begun: the failure is passed on at once, with what it knows of `Retry-After`.
 */
export type Tries = <T>(deadline: Deadline, once: () => Promise<T>) => Promise<T>;

interface TriesDependencies {
  readonly now: () => number;
  /** From 0 to 1; the jitter of the waits. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** The upper ends of the waits: 10 s in all (full jitter; AWS Architecture Blog, "Exponential Backoff And Jitter"). */
export const longestWaitsMs = [2_000, 8_000];

export function createTries({ now, random, sleep }: TriesDependencies): Tries {
  return async (deadline, once) => {
    for (const longestWaitMs of longestWaitsMs) {
      try {
        return await once();
      } catch (error) {
        const waitMs = waitBeforeRepeat(error, longestWaitMs * random());
        if (waitMs === undefined || now() + waitMs >= deadline.endsAtMs || deadline.signal.aborted) throw error;
        // Nothing but the deadline ends a wait, and it was just found to be later.
        await sleep(waitMs);
      }
    }
    return once();
  };
}

/** `undefined` where a repeat is not known to be harmless. */
function waitBeforeRepeat(error: unknown, jitterMs: number): number | undefined {
  const facts = error instanceof ExportFailure ? error.facts : {};
  if (facts.repeat === 'with another session') return 0;
  return facts.repeat && (facts.retryAfterSeconds ?? 0) * 1000 + jitterMs;
}
