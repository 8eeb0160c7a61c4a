import type { Random } from '../../sandbox/knosc/data/random.ts';

/** Time and order of events in a world: nothing happens by itself, and what could happen at once happens in a random order. */
export interface Scheduler {
  readonly now: () => number;
  /** Resolves when it is this caller's turn. */
  readonly turn: () => Promise<void>;
  /** Resolves when so much time has passed. */
  readonly after: (ms: number) => Promise<void>;
  /** Lets all happen that can without time passing. */
  readonly settle: () => Promise<void>;
  /** Lets time pass, and all that happens in it. */
  readonly advance: (ms: number) => Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

export function createScheduler(random: Random, startsAtMs: number): Scheduler {
  let nowMs = startsAtMs;
  const turns: (() => void)[] = [];
  let timers: Timer[] = [];

  async function settle(): Promise<void> {
    await idle();
    while (turns.length > 0) {
      const [next] = turns.splice(random.whole(0, turns.length - 1), 1);
      next?.();
      await idle();
    }
  }

  return {
    now: () => nowMs,
    turn: () => new Promise((resolve) => turns.push(resolve)),
    after: (ms) => new Promise((resolve) => timers.push({ atMs: nowMs + ms, fire: resolve })),
    settle,
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      await settle();
      for (;;) {
        const due = timers.filter(({ atMs }) => atMs <= untilMs);
        if (due.length === 0) break;
        const atMs = Math.min(...due.map((timer) => timer.atMs));
        nowMs = Math.max(nowMs, atMs);
        const fired = due.filter((timer) => timer.atMs === atMs);
        timers = timers.filter((timer) => !fired.includes(timer));
        for (const timer of fired) timer.fire();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}

/** Until every promise that can be resolved is: all of them are in this thread, and none waits for a real thing. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
