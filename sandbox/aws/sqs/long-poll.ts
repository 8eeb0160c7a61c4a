/** Lets calls wait for messages. */
export interface LongPolls {
  /** Resolves as soon as something may have become visible, the caller is gone, or `ms` have passed. */
  wait(ms: number, gone: AbortSignal): Promise<void>;
  /** Something may have become visible. */
  wake(): void;
}

export function createLongPolls(): LongPolls {
  const waiting = new Set<() => void>();
  return {
    wait: (ms, gone) =>
      new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiting.delete(end);
          gone.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        waiting.add(end);
        gone.addEventListener('abort', end);
      }),
    wake: () => {
      for (const end of waiting) end();
    },
  };
}
