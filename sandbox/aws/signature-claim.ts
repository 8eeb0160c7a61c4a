import type { IncomingMessage } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { QueryPairs } from './query.ts';

/** What a call says of its signature, in its headers or, for a presigned URL, in its query. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  /** `date/region/service/aws4_request`. */
  readonly scope: string;
  readonly date: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  readonly payloadHash: string;
  /** Presigned URLs only. */
  readonly expiresSeconds: number | undefined;
}

const authorizationForm =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const longestExpiresSeconds = 604_800;

/** `bodyHash` is the body's own SHA-256 where the service signs that, undefined where a header says it. */
export function claimOf(request: IncomingMessage, query: QueryPairs, bodyHash: string | undefined): SignatureClaim {
  const isPresigned = query.some(([name]) => name === 'X-Amz-Signature' || name === 'X-Amz-Algorithm');
  if (request.headers.authorization === undefined) {
    if (isPresigned) return claimOfQuery(new Map(query));
    throw denied('Access Denied');
  }
  if (isPresigned) throw new AwsError('InvalidArgument', 'Only one auth mechanism allowed.');
  return claimOfHeaders(request, request.headers.authorization, bodyHash);
}

function claimOfHeaders(request: IncomingMessage, authorization: string, bodyHash: string | undefined): SignatureClaim {
  const [, accessKeyId, scope, signedHeaders, signature] = authorizationForm.exec(authorization) ?? [];
  if (!accessKeyId || !scope || !signedHeaders || !signature) {
    throw new AwsError('AuthorizationHeaderMalformed', 'The authorization header is malformed.');
  }
  const payloadHash = bodyHash ?? request.headers['x-amz-content-sha256']?.toString();
  if (payloadHash === undefined) {
    throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  return {
    accessKeyId,
    scope,
    signature,
    payloadHash,
    expiresSeconds: undefined,
    date: request.headers['x-amz-date']?.toString() ?? '',
    signedHeaders: signedHeaders.split(';'),
    sessionToken: request.headers['x-amz-security-token']?.toString(),
  };
}

function claimOfQuery(parameters: ReadonlyMap<string, string>): SignatureClaim {
  const [accessKeyId = '', ...scope] = (parameters.get('X-Amz-Credential') ?? '').split('/');
  const signature = parameters.get('X-Amz-Signature');
  const expiresSeconds = Number(parameters.get('X-Amz-Expires') ?? 'none');
  if (parameters.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256' || signature === undefined) {
    throw new AwsError('AuthorizationQueryParametersError', 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256".');
  }
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > longestExpiresSeconds) {
    throw new AwsError('AuthorizationQueryParametersError', 'X-Amz-Expires must be from 1 to 604800 seconds.');
  }
  return {
    accessKeyId,
    signature,
    expiresSeconds,
    payloadHash: 'UNSIGNED-PAYLOAD',
    scope: scope.join('/'),
    date: parameters.get('X-Amz-Date') ?? '',
    signedHeaders: (parameters.get('X-Amz-SignedHeaders') ?? '').split(';'),
    sessionToken: parameters.get('X-Amz-Security-Token'),
  };
}

/** `20261123T101500Z`, in milliseconds; NaN for anything else. */
export function signingMs(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

export function denied(message: string): AwsError {
  return new AwsError('AccessDenied', message, 403);
}
