import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadRecord } from '../ledger/read-record.ts';
import { type ExportRecord, isTerminal, type VersionedRecord } from '../ledger/record.ts';

/** Looks at a record until it is terminal or `untilMs` has come, and answers what it saw last. Fails with `store-failed`. */
export type WaitForEnd = (viewName: string, exportId: string, untilMs: number) => Promise<ExportRecord | undefined>;

interface WaitDependencies {
  readonly readRecord: ReadRecord;
  readonly now: () => number;
}

/** The gateway gives up 30 s after it had the request; the rest is for the last look, the link and the way back. */
export const longestWaitMs = 26_000;

// A small export takes well under a second: the first looks come quickly, then each look is a GetObject saved.
export const firstPauseMs = 100;
const longestPauseMs = 1_000;

export function createWaitForEnd({ readRecord, now }: WaitDependencies): WaitForEnd {
  return async (viewName, exportId, untilMs) => {
    let pauseMs = firstPauseMs;
    for (;;) {
      const version: VersionedRecord | undefined = await readRecord(viewName, exportId);
      const leftMs = untilMs - now();
      if ((version && isTerminal(version.record)) || leftMs <= 0) return version?.record;
      await sleep(Math.min(pauseMs, leftMs));
      pauseMs = pauseAfter(pauseMs);
    }
  };
}

/** The pause between two looks that follows one of this length. */
export function pauseAfter(pauseMs: number): number {
  return Math.min(pauseMs * 1.5, longestPauseMs);
}
