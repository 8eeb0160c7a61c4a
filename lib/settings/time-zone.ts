import leven from 'leven';

/** What is wrong with the name of a time zone, written exactly as the IANA database does; `undefined` where nothing is. */
export function faultOfTimeZone(text: string): string | undefined {
  const known = knownAs(text);
  // Names that the database only links to another one are as good.
  if (known !== undefined && known.toLowerCase() !== text.toLowerCase()) return undefined;
  if (known === text) return undefined;
  return `must be an IANA time zone, such as ${known ?? nearest(text) ?? 'Europe/Berlin'}`;
}

/** Offsets such as +01:00 are no names. */
function knownAs(text: string): string | undefined {
  try {
    return /^[A-Za-z]/.test(text)
      ? Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
      : undefined;
  } catch {
    return undefined;
  }
}

function nearest(text: string): string | undefined {
  const near = Intl.supportedValuesOf('timeZone').map((name) => ({ name, distance: leven(name, text) }));
  return near.filter(({ distance }) => distance <= 3).toSorted((a, b) => a.distance - b.distance)[0]?.name;
}
