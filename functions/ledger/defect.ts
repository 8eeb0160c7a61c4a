/** Writes a JSON line about an error that nobody foresaw. `where` is an id, never anything a caller or Knosc has said. */
export function reportDefect(where: string, error: unknown): void {
  const { name, stack } = error instanceof Error ? error : { name: typeof error, stack: undefined };
  console.error(JSON.stringify({ level: 'ERROR', message: 'defect', where, error: name, stack }));
}
