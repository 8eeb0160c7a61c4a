/** `_x000D_` and the like stand for characters that XML cannot hold (ECMA-376 part 1, 22.9.2.19: ST_Xstring). */
export function unescapedText(text: string): string {
  return text
    .replace(/_x([0-9A-Fa-f]{4})_/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .toWellFormed();
}

/** `AB12` is in column 27, counted from 0; undefined where a reference does not begin with letters. */
export function columnOf(reference: string): number | undefined {
  const letters = /^\$?([A-Za-z]{1,3})(?![A-Za-z])/.exec(reference)?.[1];
  if (letters === undefined) return undefined;
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}
