import { createHmac, timingSafeEqual } from 'node:crypto';
import { ExportFailure } from '../../ledger/failure.ts';
import type { HmacScheme, SignatureScheme } from './signature-scheme.ts';

type Headers = Readonly<Record<string, string>>;

/** What a delivery says of its signature, in order and in time, before anybody knows whether it is true. */
export interface ClaimedSignature {
  readonly algorithm: 'sha256' | 'sha512';
  readonly encoding: 'hex' | 'base64';
  /** Any of them will do; as they were written. */
  readonly signatures: readonly string[];
  /** What was signed, piece by piece. */
  readonly signed: readonly (string | Buffer)[];
  /** The id that is signed too, where the scheme has one. */
  readonly id: string | undefined;
}

/** Reads the headers of a delivery. Fails with `signature-invalid`, in words that help the sender. */
export function claimedSignature(
  scheme: SignatureScheme,
  headers: Headers,
  body: Buffer,
  nowMs: number,
): ClaimedSignature {
  return scheme.scheme === 'hmac' ? claimedHmac(scheme, headers, body, nowMs) : claimedStandard(headers, body, nowMs);
}

/**
 * Whether one of the signatures was made with one of the keys. They are compared as they are written, in constant time, so
 * that no other spelling of a right one passes.
 */
export function isSigned(claimed: ClaimedSignature, keys: readonly Buffer[]): boolean {
  const { algorithm, encoding, signatures, signed } = claimed;
  return keys.some((key) => {
    const hmac = createHmac(algorithm, key);
    for (const piece of signed) hmac.update(piece);
    const right = Buffer.from(hmac.digest(encoding));
    return signatures.some((signature) => isSame(Buffer.from(signature), right));
  });
}

function isSame(given: Buffer, right: Buffer): boolean {
  // How long a right signature is, is no secret.
  return given.length === right.length && timingSafeEqual(given, right);
}

export function signatureInvalid(words: string): ExportFailure {
  return new ExportFailure('signature-invalid', words);
}

const standardHeaders = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
/** No full stop: it parts id, timestamp and body, which could be cut apart in two ways else. */
const standardId = /^[!-\-/-~]{1,255}$/;

/** The Standard Webhooks specification, symmetric signatures: `v1,` and base64, separated by spaces. */
function claimedStandard(headers: Headers, body: Buffer, nowMs: number): ClaimedSignature {
  const [id = '', timestamp = '', signature = ''] = requireHeaders(headers, standardHeaders);
  if (!standardId.test(id)) {
    throw signatureInvalid('The header webhook-id must be 1 to 255 printable ASCII characters without a full stop.');
  }
  requireTimely(timestamp, 'The header webhook-timestamp', nowMs);
  const given = signature.split(' ').map((one) => one.split(','));
  const signatures = given.flatMap(([version, text]) => (version === 'v1' && text !== undefined ? [text] : []));
  if (signatures.length === 0) {
    throw signatureInvalid('The header webhook-signature has no signature of version v1: "v1,", then base64.');
  }
  return { algorithm: 'sha256', encoding: 'base64', signatures, signed: [`${id}.${timestamp}.`, body], id };
}

function claimedHmac(scheme: HmacScheme, headers: Headers, body: Buffer, nowMs: number): ClaimedSignature {
  const { algorithm, encoding, header, prefix, timestamp: declared } = scheme;
  const timestampHeader = declared ? (declared.header ?? header) : header;
  requireHeaders(headers, [...new Set([header, timestampHeader])]);
  const signatures = elementsOf(headers[header], prefix);
  if (signatures.length === 0) throw signatureInvalid(`No element of the header ${header} begins with "${prefix}".`);
  const timestamp = declared && timestampOf(headers[timestampHeader], timestampHeader, declared.prefix, nowMs);
  const form = scheme.signed ?? (declared ? '{timestamp}.{body}' : '{body}');
  const [before = '', after = ''] = form.replace('{timestamp}', timestamp ?? '').split('{body}');
  const signed = [before, body, after];
  return { algorithm, encoding, signatures, signed, id: undefined };
}

function timestampOf(text: string | undefined, header: string, prefix: string, nowMs: number): string {
  const [timestamp, ...others] = elementsOf(text, prefix);
  if (timestamp === undefined || others.length > 0) {
    throw signatureInvalid(`The header ${header} must have one timestamp; its prefix is "${prefix}".`);
  }
  requireTimely(timestamp, `The timestamp of the header ${header}`, nowMs);
  return timestamp;
}

function elementsOf(header: string | undefined, prefix: string): readonly string[] {
  const elements = (header ?? '').split(',').map((element) => element.trim());
  return elements.filter((element) => element.startsWith(prefix)).map((element) => element.slice(prefix.length));
}

/** Their values; all that are missing are told at once. */
function requireHeaders(headers: Headers, names: readonly string[]): readonly string[] {
  const missing = names.filter((name) => (headers[name] ?? '') === '');
  if (missing.length === 0) return names.map((name) => headers[name] ?? '');
  throw signatureInvalid(`Missing header${missing.length > 1 ? 's' : ''}: ${missing.join(', ')}.`);
}

/** As the specification has it, and both ways, since clocks differ. */
const toleranceSeconds = 300;

function requireTimely(timestamp: string, what: string, nowMs: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw signatureInvalid(`${what} must be whole seconds since 1970.`);
  const ageSeconds = Math.floor(nowMs / 1000) - Number(timestamp);
  if (Math.abs(ageSeconds) <= toleranceSeconds) return;
  const words = ageSeconds > 0 ? `${ageSeconds} seconds old` : `${-ageSeconds} seconds ahead of our clock`;
  throw signatureInvalid(
    `${what} is ${words}; at most ${toleranceSeconds} are taken. Sign each delivery when it is sent.`,
  );
}
