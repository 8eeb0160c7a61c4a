import type { IncomingMessage } from 'node:http';
import { signingMs } from '../signature-claim.ts';
import { type AccessContext, accountOf } from './context.ts';

/** How a call came, as the front of a service sees it. */
export interface CallFacts {
  /** The sandbox listens where TLS has ended already; who comes by plain HTTP is told apart as behind any proxy, by `x-forwarded-proto: http`. */
  readonly isSecure: boolean;
  readonly isPresigned: boolean;
  /** Since it was signed; undefined where nothing says when that was. */
  readonly signatureAgeMs: number | undefined;
  /** ListObjectsV2 only. */
  readonly prefix?: string | undefined;
}

/** What a verified call says of itself. */
export function factsOfCall(request: IncomingMessage, query: ReadonlyMap<string, string>, nowMs: number): CallFacts {
  const presignedDate = query.get('X-Amz-Date');
  const signedAtMs = signingMs(presignedDate ?? request.headers['x-amz-date']?.toString() ?? '');
  return {
    isSecure: request.headers['x-forwarded-proto'] !== 'http',
    isPresigned: presignedDate !== undefined,
    signatureAgeMs: Number.isNaN(signedAtMs) ? undefined : Math.max(0, nowMs - signedAtMs),
    prefix: query.get('prefix'),
  };
}

/** `principalArn` is the role's where a session calls, as IAM has it. */
export function contextOf(facts: CallFacts, principalArn: string, accountId: string): AccessContext {
  return {
    'aws:principalaccount': accountOf(principalArn),
    'aws:principalarn': principalArn,
    'aws:principalisawsservice': 'false',
    'aws:viaawsservice': 'false',
    'aws:resourceaccount': accountId,
    's3:resourceaccount': accountId,
    'aws:securetransport': String(facts.isSecure),
    's3:authtype': facts.isPresigned ? 'REST-QUERY-STRING' : 'REST-HEADER',
    ...(facts.signatureAgeMs !== undefined && { 's3:signatureage': String(facts.signatureAgeMs) }),
    ...(facts.prefix !== undefined && { 's3:prefix': facts.prefix }),
  };
}
