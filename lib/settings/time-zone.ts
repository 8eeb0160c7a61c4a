import leven from 'leven';
import { Temporal } from 'temporal-polyfill';

/**
 * What is wrong with the name of a time zone, written exactly as the IANA database does; `undefined` where nothing is. Names that
 * the database only links to another one are as good.
 */
export function faultOfTimeZone(text: string): string | undefined {
  const known = knownAs(text);
  if (known === text) return undefined;
  return `must be an IANA time zone, such as ${known ?? nearest(text) ?? 'Europe/Berlin'}`;
}

const anyMoment = Temporal.Instant.fromEpochMilliseconds(0);

/** Temporal spells a name as the database does and follows no link; Intl follows them, so that a wrong case cannot be told there. */
function knownAs(text: string): string | undefined {
  // Offsets such as +01:00 are no names.
  if (!/^[A-Za-z]/.test(text)) return undefined;
  try {
    return anyMoment.toZonedDateTimeISO(text).timeZoneId;
  } catch {
    return undefined;
  }
}

function nearest(text: string): string | undefined {
  const near = Intl.supportedValuesOf('timeZone').map((name) => ({ name, distance: leven(name, text) }));
  return near.filter(({ distance }) => distance <= 3).toSorted((a, b) => a.distance - b.distance)[0]?.name;
}
