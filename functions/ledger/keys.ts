import { createHash } from 'node:crypto';

/** Where things lie in the bucket (DESIGN.md, "The ledger"). Keys are ours, never the caller's words. */
export function recordKey(viewName: string, exportId: string): string {
  return `${recordPrefix(viewName)}${exportId}.json`;
}

/** Of all records of a view; they list newest first. */
export function recordPrefix(viewName: string): string {
  return `exports/${viewName}/`;
}

/** Each attempt writes under a key of its own, so a late attempt can never overwrite a published workbook. */
export function workbookKey(viewName: string, exportId: string, attempt: number): string {
  return `workbooks/${viewName}/${exportId}/${attempt}.xlsx`;
}

/** Scope and key are hashed together: a caller's key says nothing in S3 and never meets another caller's. */
export function claimKey(scope: string, idempotencyKey: string): string {
  return `claims/${createHash('sha256')
    .update(JSON.stringify([scope, idempotencyKey]))
    .digest('hex')}.json`;
}

/** Which export was the last to ask for exactly this, for `max_age_s`. */
export function requestKey(requestHash: string): string {
  return `requests/${requestHash}.json`;
}

/** Which export of exactly this a debounce holds back. Beside the other, so that no other export of the request hides it. */
export function heldKey(requestHash: string): string {
  return `requests/${requestHash}.held.json`;
}

/** What the fleet shares of one version of the Knosc secret. Versions are named by whoever puts them, so they are escaped. */
export function originKey(secretVersion: string): string {
  return `origin/${encodeURIComponent(secretVersion)}.json`;
}
