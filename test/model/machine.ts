import type { Pause } from '../../functions/export/held-lease.ts';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import type { Random } from '../../sandbox/knosc/data/random.ts';
import type { Scheduler } from './scheduler.ts';

/** What befalls a machine at its n-th call of AWS or the origin (from 1). */
export interface Fault {
  readonly atCall: number;
  readonly kind: 'dies before it' | 'dies after it' | 'is refused' | 'loses the answer' | 'is repeated by the SDK';
}

export interface MachineOptions {
  /** How far its own clock is from S3's. */
  readonly skewMs: number;
  readonly faults: readonly Fault[];
}

/** What one invocation runs on. Once it is dead, nothing that its code waits for ever comes. */
export interface Machine {
  readonly now: () => number;
  /** A call over the network: it takes a turn, and may meet a fault. */
  call<T>(apply: () => T): Promise<T>;
  readonly pause: Pause;
  readonly sleep: (ms: number) => Promise<void>;
  readonly die: () => void;
  readonly isDead: () => boolean;
  /** Nothing befell it so far. */
  readonly isFaultless: () => boolean;
  readonly reportDefect: (where: string, error: unknown) => void;
  /** What was thrown that no failure code stands for. */
  readonly defects: readonly unknown[];
}

export function createMachine(scheduler: Scheduler, random: Random, { skewMs, faults }: MachineOptions): Machine {
  let calls = 0;
  let isDead = false;
  const defects: unknown[] = [];
  const die = () => {
    isDead = true;
  };

  /** Passes a value on to living code only. */
  async function alive<T>(value: T): Promise<T> {
    return isDead ? new Promise<never>(() => undefined) : value;
  }

  async function pass(ms: number): Promise<void> {
    await scheduler.after(ms);
    return alive(undefined);
  }

  return {
    now: () => scheduler.now() + skewMs,
    call: async (apply) => {
      calls += 1;
      const fault = faults.find(({ atCall }) => atCall === calls)?.kind;
      await alive(await scheduler.turn());
      if (fault === 'dies before it') die();
      await alive(undefined);
      if (fault === 'is refused') throw new ExportFailure('store-failed', 'AWS refused.');
      const answer = apply();
      if (fault === 'dies after it') die();
      if (fault === 'loses the answer') throw new ExportFailure('store-failed', 'The answer was lost.');
      const heard = fault === 'is repeated by the SDK' ? apply() : answer;
      // An answer takes its time as well, in which others act.
      if (random.once(3)) await scheduler.turn();
      return alive(heard);
    },
    pause: async (ms, signal) => {
      if (signal.aborted) return alive(undefined);
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.race([scheduler.after(ms), aborted]);
      return alive(undefined);
    },
    sleep: pass,
    die,
    isDead: () => isDead,
    isFaultless: () => !faults.some(({ atCall }) => atCall <= calls),
    reportDefect: (_where, error) => {
      if (!(error instanceof ExportFailure)) defects.push(error);
    },
    defects,
  };
}
