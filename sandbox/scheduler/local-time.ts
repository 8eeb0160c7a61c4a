import { Temporal } from 'temporal-polyfill';

/** A moment as the clocks of a time zone show it, to the minute: `2026-11-27T06:00+01:00`. */
export function localTime(ms: number, timeZone: string): string {
  const moment = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
  return moment.toString({ smallestUnit: 'minute', timeZoneName: 'never' });
}
