/** Amounts as people read them. */
export function bytesWords(bytes: number): string {
  const [unit, divisor] =
    bytes < 1e6 ? (['kB', 1e3] as const) : bytes < 1e9 ? (['MB', 1e6] as const) : (['GB', 1e9] as const);
  return bytes < 1000 ? `${bytes} B` : `${(bytes / divisor).toFixed(1)} ${unit}`;
}

/** Minutes and seconds: `1:05`, and hours where there are any. */
export function durationWords(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
