/** Milliseconds since 1970 with their fractions, the same in all processes of a machine. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** User and system time of a process together. */
export function cpuSecondsOf({ user, system }: NodeJS.CpuUsage = process.cpuUsage()): number {
  return (user + system) / 1_000_000;
}
