import * as z from 'zod';
import type { SignatureScheme } from './signature-scheme.ts';

/** Says what is wrong with a secret, never what it is. */
export class UnusableSecret extends Error {
  override readonly name = 'UnusableSecret';
}

const listSchema = z.array(z.string()).min(1).max(2);

/** A secret is its plain text, or a JSON list of one or two of them, the new one and the old one. Throws `UnusableSecret`. */
export function secretTexts(secretString: string | undefined): readonly string[] {
  if (secretString === undefined) throw new UnusableSecret('is not text');
  const texts = /^\s*[[{]/.test(secretString) ? listed(secretString) : [secretString];
  if (texts.includes('')) throw new UnusableSecret('is empty');
  // A line break at the end of a file that was read into the secret is no part of it, most likely, and never seen.
  if (texts.some((text) => text.trim() !== text)) throw new UnusableSecret('begins or ends with white space');
  return texts;
}

function listed(text: string): readonly string[] {
  try {
    return listSchema.parse(JSON.parse(text));
  } catch {
    throw new UnusableSecret('begins like JSON, but is no list of one or two texts: ["new", "old"]');
  }
}

const prefix = 'whsec_';
/** What the Standard Webhooks specification asks for at least. */
const shortestKeyBytes = 24;

/** The bytes that sign: for `standard_webhooks` those behind `whsec_` in base64, for `hmac` the text. Throws `UnusableSecret`. */
export function signingKey(scheme: SignatureScheme, text: string): Buffer {
  if (scheme.scheme === 'hmac') return Buffer.from(text, 'utf8');
  const base64 = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  const key = Buffer.from(base64, 'base64');
  // Node passes over what is no base64, and several texts would be the same key.
  if (base64 === '' || key.toString('base64') !== base64) throw new UnusableSecret(`is not ${prefix} and then base64`);
  if (key.length < shortestKeyBytes) throw new UnusableSecret(`has under ${shortestKeyBytes} bytes`);
  return key;
}
