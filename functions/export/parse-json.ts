/** `undefined` for what is not JSON: `JSON.parse` quotes its input in its error, and that must not travel further. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
