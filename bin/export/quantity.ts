/** Amounts as people read them: `12.3 MB`, in steps of a thousand. */
export function bytesWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  // A value that would be rounded up to 1000 belongs to the next unit.
  if (bytes < 999_950) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 999_950_000) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Minutes and seconds: `1:05`, and hours where there are any. */
export function durationWords(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
