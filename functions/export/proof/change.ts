/** Tells whoever waits that something has changed, and that it is worth to look again. */
export interface Change {
  readonly tell: () => void;
  /** The next time that it is told: of what was told before, only a look tells. */
  readonly next: () => Promise<void>;
}

export function createChange(): Change {
  let told = Promise.withResolvers<void>();
  return {
    tell: () => {
      told.resolve();
      told = Promise.withResolvers();
    },
    next: () => told.promise,
  };
}
