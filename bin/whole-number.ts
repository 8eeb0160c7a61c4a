import { UsageError } from './usage-error.ts';

/** The number that an option gives, or undefined where it is not given. Throws `UsageError`. */
export function wholeNumber(name: string, text: string | undefined, least: number, most = Number.MAX_SAFE_INTEGER) {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  throw new UsageError(`${name} is ${JSON.stringify(text)}; give a whole number ${range}.`);
}
