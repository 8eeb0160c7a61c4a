import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { CredentialsRegister, KnownCredentials } from './credentials.ts';

/** What a call says of its signature, in its headers or, for a presigned URL, in its query. */
interface Claim {
  readonly accessKeyId: string;
  readonly scope: string;
  readonly date: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  readonly payloadHash: string;
  /** Seconds; presigned URLs only. */
  readonly expires: number | undefined;
}

export type QueryPairs = readonly (readonly [name: string, value: string])[];

const longestSkewMs = 15 * 60_000;
const longestExpiresSeconds = 604_800;

/**
 * Verifies AWS Signature Version 4 (AWS IAM User Guide, "Signature Version 4"), in headers or presigned. Throws `AwsError`
 * with S3's codes. `payloadHash` is the body's own SHA-256 where the service signs that, or undefined where the header says it.
 */
export function verifySignature(
  request: IncomingMessage,
  payloadHash: string | undefined,
  register: CredentialsRegister,
  nowMs: number,
): void {
  const [rawPath = '/', rawQuery = ''] = (request.url ?? '/').split(/\?(.*)/s);
  const query = parseQuery(rawQuery);
  const claim = claimOf(request, query, payloadHash);
  const credentials = register.find(claim.accessKeyId);
  if (!credentials) throw new AwsError('InvalidAccessKeyId', 'The AWS access key Id you provided does not exist.', 403);
  checkTime(claim, credentials, nowMs);
  if (claim.sessionToken !== credentials.sessionToken) {
    throw new AwsError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400);
  }
  const canonicalRequest = [
    request.method,
    rawPath,
    canonicalQuery(query),
    ...claim.signedHeaders.map((name) => `${name}:${headerValue(request, name)}`),
    '',
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n');
  const stringToSign = ['AWS4-HMAC-SHA256', claim.date, claim.scope, sha256(canonicalRequest)].join('\n');
  const expected = Buffer.from(hmac(signingKey(credentials, claim.scope), stringToSign).toString('hex'));
  const given = Buffer.from(claim.signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
    throw new AwsError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
      403,
    );
  }
}

/** Names and values, decoded, in the order they came in. */
export function parseQuery(rawQuery: string): QueryPairs {
  return rawQuery
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
    });
}

function claimOf(request: IncomingMessage, query: QueryPairs, bodyHash: string | undefined): Claim {
  const parameters = new Map(query);
  const authorization = request.headers.authorization;
  if (authorization !== undefined) {
    const parts =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
        authorization,
      );
    const [, accessKeyId, scope, signedHeaders, signature] = parts ?? [];
    if (!accessKeyId || !scope || !signedHeaders || !signature) throw denied('The Authorization header is malformed.');
    return {
      accessKeyId,
      scope,
      signature,
      expires: undefined,
      date: headerValue(request, 'x-amz-date'),
      signedHeaders: requireHost(signedHeaders),
      sessionToken: request.headers['x-amz-security-token']?.toString(),
      payloadHash: bodyHash ?? headerValue(request, 'x-amz-content-sha256'),
    };
  }
  const [accessKeyId = '', ...scope] = (parameters.get('X-Amz-Credential') ?? '').split('/');
  const signature = parameters.get('X-Amz-Signature');
  const expires = Number(parameters.get('X-Amz-Expires') ?? 'none');
  if (parameters.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256' || signature === undefined)
    throw denied('Access Denied');
  if (!Number.isInteger(expires) || expires < 1 || expires > longestExpiresSeconds) {
    throw new AwsError('AuthorizationQueryParametersError', 'X-Amz-Expires must be from 1 to 604800 seconds.', 400);
  }
  return {
    accessKeyId,
    signature,
    expires,
    payloadHash: 'UNSIGNED-PAYLOAD',
    scope: scope.join('/'),
    date: parameters.get('X-Amz-Date') ?? '',
    signedHeaders: requireHost(parameters.get('X-Amz-SignedHeaders') ?? ''),
    sessionToken: parameters.get('X-Amz-Security-Token'),
  };
}

function requireHost(signedHeaders: string): readonly string[] {
  const names = signedHeaders.split(';');
  if (!names.includes('host')) throw denied('The host header must be signed.');
  return names;
}

function checkTime({ date, scope, expires }: Claim, credentials: KnownCredentials, nowMs: number): void {
  const signedAtMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(signedAtMs) || !scope.startsWith(date.slice(0, 8)))
    throw denied('The date of the signature is malformed.');
  const isSkewed =
    expires === undefined ? Math.abs(nowMs - signedAtMs) > longestSkewMs : signedAtMs - nowMs > longestSkewMs;
  if (isSkewed) {
    throw new AwsError(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      403,
    );
  }
  if (expires !== undefined && nowMs >= signedAtMs + expires * 1000) throw denied('Request has expired');
  if (credentials.endsAtMs !== undefined && nowMs >= credentials.endsAtMs) {
    throw new AwsError('ExpiredToken', 'The provided token has expired.', 400);
  }
}

function canonicalQuery(query: QueryPairs): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
}

function headerValue(request: IncomingMessage, name: string): string {
  return (request.headersDistinct[name] ?? []).map((value) => value.trim().replaceAll(/ +/g, ' ')).join(',');
}

function signingKey({ secretAccessKey }: KnownCredentials, scope: string): Buffer {
  return scope.split('/').reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secretAccessKey}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function denied(message: string): AwsError {
  return new AwsError('AccessDenied', message, 403);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidURI', 'The URI cannot be decoded.', 400);
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
