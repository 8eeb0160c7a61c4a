import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { CredentialsRegister, KnownCredentials } from './credentials.ts';
import { encode, type QueryPairs, splitTarget } from './query.ts';
import { claimOf, denied, type SignatureClaim, signingMs } from './signature-claim.ts';

interface SignatureDependencies {
  readonly register: CredentialsRegister;
  readonly region: string;
  readonly now: () => number;
}

/**
 * Verifies Signature Version 4 (AWS IAM User Guide, "Create a signed AWS API request"), in headers or presigned, and says
 * whose it is. Throws `AwsError` with S3's codes.
 */
export type VerifySignature = (
  request: IncomingMessage,
  service: string,
  /** The body's own SHA-256 where the service signs that, undefined where a header says it. */
  bodyHash?: string,
) => KnownCredentials;

const longestSkewMs = 15 * 60_000;

export function createVerifySignature({ register, region, now }: SignatureDependencies): VerifySignature {
  return (request, service, bodyHash) => {
    const { path, query } = splitTarget(request.url);
    const claim = claimOf(request, query, bodyHash);
    const credentials = register.find(claim.accessKeyId);
    if (!credentials) {
      throw new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        403,
      );
    }
    requireScope(claim, region, service);
    requireTime(claim, now());
    requireSession(claim, credentials, now());
    requireSignedHeaders(request, claim);
    requireSignature(claim, credentials, [
      request.method,
      path,
      canonicalQuery(query),
      ...claim.signedHeaders.map((name) => `${name}:${headerValue(request, name)}`),
      '',
      claim.signedHeaders.join(';'),
      claim.payloadHash,
    ]);
    return credentials;
  };
}

function requireScope({ scope, date, expiresSeconds }: SignatureClaim, region: string, service: string): void {
  const wanted = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  if (scope === wanted) return;
  const code = expiresSeconds === undefined ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError';
  throw new AwsError(code, `The credential scope is wrong; expecting '${wanted}'.`);
}

function requireTime({ date, expiresSeconds }: SignatureClaim, nowMs: number): void {
  const signedAtMs = signingMs(date);
  if (Number.isNaN(signedAtMs)) throw denied('AWS authentication requires a valid X-Amz-Date.');
  const skewMs = expiresSeconds === undefined ? Math.abs(nowMs - signedAtMs) : signedAtMs - nowMs;
  if (skewMs > longestSkewMs) {
    const message = 'The difference between the request time and the current time is too large.';
    throw new AwsError('RequestTimeTooSkewed', message, 403);
  }
  if (expiresSeconds !== undefined && nowMs >= signedAtMs + expiresSeconds * 1000) throw denied('Request has expired');
}

function requireSession({ sessionToken }: SignatureClaim, credentials: KnownCredentials, nowMs: number): void {
  if (sessionToken !== credentials.sessionToken) {
    throw new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  if (credentials.endsAtMs !== undefined && nowMs >= credentials.endsAtMs) {
    throw new AwsError('ExpiredToken', 'The provided token has expired.');
  }
}

/** A header that changes what a call means must be signed, or someone on the way could add it. */
function requireSignedHeaders({ headers }: IncomingMessage, { signedHeaders }: SignatureClaim): void {
  const needed = Object.keys(headers).filter((name) => /^(host|content-md5|x-amz-.*)$/.test(name));
  if (needed.every((name) => signedHeaders.includes(name))) return;
  throw denied('There were headers present in the request which were not signed');
}

function requireSignature(
  { scope, date, signature }: SignatureClaim,
  { secretAccessKey }: KnownCredentials,
  canonicalLines: readonly (string | undefined)[],
): void {
  const stringToSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonicalLines.join('\n'))].join('\n');
  const key = scope.split('/').reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`));
  const expected = Buffer.from(hmac(key, stringToSign).toString('hex'));
  const given = Buffer.from(signature);
  if (expected.length === given.length && timingSafeEqual(expected, given)) return;
  const message = 'The request signature we calculated does not match the signature you provided.';
  throw new AwsError('SignatureDoesNotMatch', message, 403);
}

/** In the order of names, then values; a plain sort of `name=value` would put `a-b=` before `a=`. */
function canonicalQuery(query: QueryPairs): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function headerValue(request: IncomingMessage, name: string): string {
  return (request.headersDistinct[name] ?? []).map((value) => value.trim().replaceAll(/ +/g, ' ')).join(',');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
