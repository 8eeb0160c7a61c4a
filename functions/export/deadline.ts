/** An export's one deadline: everything that is done for it ends by it. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly endsAtMs: number;
}

/** The deadline at a moment of this machine's clock; at once where that has passed. */
export function deadlineAt(endsAtMs: number, nowMs: number): Deadline {
  return { signal: AbortSignal.timeout(Math.max(0, endsAtMs - nowMs)), endsAtMs };
}
