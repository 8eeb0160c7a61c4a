/** Time that passes only from event to event, for processes that can be paused and killed. */
export interface Timeline {
  readonly nowMs: () => number;
  /** A process of its own. */
  process(): TimelineProcess;
  /** Runs until nothing is left to happen; rejects after so many events. */
  run(mostEvents: number): Promise<void>;
}

export interface TimelineProcess {
  /** Resolves after so long, unless the process has been killed: then never. While it is paused nothing resolves. */
  after(milliseconds: number): Promise<void>;
  pause(milliseconds: number): void;
  kill(): void;
  isKilled(): boolean;
  isPaused(): boolean;
}

interface Event {
  readonly atMs: number;
  readonly happen: () => void;
  readonly pausedUntilMs: () => number;
}

export function createTimeline(): Timeline {
  let nowMs = 0;
  const events: Event[] = [];

  /** The earliest event; of two at the same moment the older. One whose process is paused is put off. */
  function next(): Event | undefined {
    const dueAt = (event: Event) => Math.max(event.atMs, event.pausedUntilMs());
    let earliest = 0;
    for (const [index, event] of events.entries()) {
      const current = events[earliest];
      if (current && dueAt(event) < dueAt(current)) earliest = index;
    }
    const [event] = events.splice(earliest, 1);
    if (event) nowMs = Math.max(nowMs, dueAt(event));
    return event;
  }

  return {
    nowMs: () => nowMs,
    process: () => {
      let pausedUntilMs = 0;
      let killed = false;
      return {
        after: (milliseconds) =>
          new Promise((resolve) => {
            const happen = () => void (killed || resolve());
            events.push({ atMs: nowMs + Math.max(0, milliseconds), happen, pausedUntilMs: () => pausedUntilMs });
          }),
        pause: (milliseconds) => {
          pausedUntilMs = Math.max(pausedUntilMs, nowMs + milliseconds);
        },
        kill: () => {
          killed = true;
        },
        isKilled: () => killed,
        isPaused: () => pausedUntilMs > nowMs,
      };
    },
    run: async (mostEvents) => {
      for (let count = 0; count < mostEvents; count += 1) {
        // Everything that promises lead to happens before time goes on.
        await new Promise(setImmediate);
        const event = next();
        if (!event) return;
        event.happen();
      }
      throw new Error(`something goes on for ever: ${mostEvents} events have happened`);
    },
  };
}
