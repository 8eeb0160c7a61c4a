/** An export's one deadline. Whatever calls the origin is given it, and it covers headers and bodies alike. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** By this machine's clock. Nothing of the export goes on behind it, no lease either. */
  readonly endsAtMs: number;
}

/** The deadline so many milliseconds from now; one in the past has passed already. */
export function deadlineIn(milliseconds: number, now: () => number): Deadline {
  const leftMs = Math.max(0, milliseconds);
  return { signal: AbortSignal.timeout(leftMs), endsAtMs: now() + leftMs };
}
