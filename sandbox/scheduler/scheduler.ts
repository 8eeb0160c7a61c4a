import type { Schedule } from '../../lib/settings/schedule.ts';
import { scheduledInput } from '../../lib/settings/scheduled-input.ts';
import { nextFireTime } from './next-fire-time.ts';

/** What EventBridge Scheduler does with the schedules of a deployment: puts their messages on the queue when they are due. */
export interface Scheduler {
  readonly names: readonly string[];
  /**
   * Fires from now on, until it is closed, what is enabled. Fire times that this machine slept through by more than a minute are
   * left out. Answers what fires when.
   */
  start(onFire: (fired: Fired) => void): readonly ScheduleStatus[];
  /** Fires a schedule once for this very second, whether it is enabled or not. `undefined` where there is none of that name. */
  fireNow(name: string): Promise<Fired | undefined>;
  /** Fires no more. What lies in the queue stays there. */
  close(): Promise<void>;
}

export interface ScheduleStatus {
  readonly name: string;
  readonly schedule: Schedule;
  /** In milliseconds since 1970; `undefined` where it never fires. */
  readonly nextMs: number | undefined;
}

/** A message that was put on the queue, or why it could not be. */
export interface Fired {
  readonly name: string;
  readonly schedule: Schedule;
  /** The moment that it was to fire, such as `2026-11-27T05:00:00Z`. */
  readonly fireTime: string;
  readonly fault?: unknown;
}

interface SchedulerDependencies {
  readonly schedules: Readonly<Record<string, Schedule>>;
  /** Puts a message on the queue. */
  readonly send: (body: string) => Promise<unknown>;
  readonly now: () => number;
  /** Waits, and ends the wait without a fault when the signal comes. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** From 0 to 1: where in its flexible window a schedule fires. */
  readonly random: () => number;
}

// A timer does not count while the machine sleeps, and cannot be longer than 24 days.
const longestPauseMs = 60_000;
const latestMs = 60_000;

export function createScheduler({ schedules, send, now, pause, random }: SchedulerDependencies): Scheduler {
  const closing = new AbortController();
  const running = new Set<Promise<void>>();

  function keep(work: Promise<void>): void {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  async function waitUntil(ms: number): Promise<void> {
    while (now() < ms && !closing.signal.aborted) await pause(Math.min(ms - now(), longestPauseMs), closing.signal);
  }

  async function fire(name: string, schedule: Schedule, fireTimeMs: number): Promise<Fired> {
    const fired = { name, schedule, fireTime: new Date(fireTimeMs).toISOString().replace(/\.\d+/, '') };
    try {
      await send(scheduledInput(name, schedule, fired.fireTime));
      return fired;
    } catch (fault) {
      return { ...fired, fault };
    }
  }

  /** Somewhere in its window; what it was to fire at stays what it was. */
  async function fireInWindow(name: string, schedule: Schedule, fireTimeMs: number, onFire: (fired: Fired) => void) {
    await waitUntil(fireTimeMs + Math.floor(random() * (schedule.flexible_window_minutes ?? 0) * 60_000));
    if (closing.signal.aborted) return;
    onFire(await fire(name, schedule, fireTimeMs));
  }

  async function run(name: string, schedule: Schedule, madeAtMs: number, onFire: (fired: Fired) => void) {
    let nextMs = nextFireTime(schedule, madeAtMs - 1, madeAtMs);
    while (nextMs !== undefined) {
      await waitUntil(nextMs);
      if (closing.signal.aborted) return;
      if (now() - nextMs <= latestMs) keep(fireInWindow(name, schedule, nextMs, onFire));
      nextMs = nextFireTime(schedule, Math.max(nextMs, now() - latestMs - 1), madeAtMs);
    }
  }

  return {
    names: Object.keys(schedules),
    start: (onFire) => {
      const madeAtMs = now();
      return Object.entries(schedules).map(([name, schedule]) => {
        if (!schedule.enabled) return { name, schedule, nextMs: undefined };
        keep(run(name, schedule, madeAtMs, onFire));
        return { name, schedule, nextMs: nextFireTime(schedule, madeAtMs - 1, madeAtMs) };
      });
    },
    fireNow: async (name) => {
      const schedule = Object.hasOwn(schedules, name) ? schedules[name] : undefined;
      return schedule && fire(name, schedule, Math.floor(now() / 1000) * 1000);
    },
    close: async () => {
      closing.abort();
      await Promise.all(running);
    },
  };
}
