import type { FailureCode } from '../ledger/failure.ts';
import type { Problem } from '../ledger/problem.ts';

/** The HTTP status of every failure (DESIGN.md, "HTTP interface"). */
export const problemStatuses = {
  'request-invalid': 400,
  'view-not-exportable': 400,
  'data-not-assembled': 400,
  'request-refused': 400,
  'signature-invalid': 401,
  'view-not-privileged': 403,
  'export-not-found': 404,
  'webhook-not-found': 404,
  'route-not-found': 404,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  'export-not-ready': 409,
  'export-failed': 409,
  'export-gone': 410,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  'idempotency-mismatch': 422,
  'too-many-requests': 429,
  'export-abandoned': 500,
  internal: 500,
  'credentials-unusable': 502,
  'second-factor-needed': 502,
  'first-sign-in-needed': 502,
  'origin-failed': 502,
  'workbook-unsound': 502,
  'workbook-too-large': 502,
  'webhook-secret-unusable': 503,
  'origin-locked': 503,
  'origin-busy': 503,
  'store-failed': 503,
  'origin-timeout': 504,
} as const satisfies Record<FailureCode, number>;

/** A problem with its place in HTTP: `type` names the code as a URI, `status` is the one that its code stands for. */
export function problemDocument(problem: Problem) {
  const { code, title, detail, errors, origin, retry_after_s } = problem;
  return {
    type: `urn:problem-type:knosc-export-proxy:${code}`,
    title,
    status: problemStatuses[code],
    detail,
    code,
    ...(errors && { errors }),
    ...(origin && { origin }),
    ...(retry_after_s !== undefined && { retry_after_s }),
  };
}
