import type { ExportRequest } from '../ledger/export-request.ts';
import type { ReadCredentials } from './credentials.ts';
import { type ProvenFacts, proveWorkbook } from './proof.ts';
import type { Store } from './store/store.ts';
import type { OpenWorkbook } from './workbook-source.ts';

/** A workbook that lies under the attempt's own key, proven but not published. Times are in milliseconds. */
export interface AttemptResult extends ProvenFacts {
  readonly loginMs: number;
  readonly firstByteMs: number;
  readonly transferMs: number;
}

/** One try of an export, from the secret to a proven object in S3. Fails with an `ExportFailure`, leaving no object. */
export type Attempt = (request: ExportRequest, key: string, deadline: AbortSignal) => Promise<AttemptResult>;

interface AttemptDependencies {
  readonly readCredentials: ReadCredentials;
  readonly openWorkbook: OpenWorkbook;
  readonly store: Store;
  readonly maximumWorkbookBytes: number;
  readonly now: () => number;
}

export function createAttempt(dependencies: AttemptDependencies): Attempt {
  const { readCredentials, openWorkbook, store, maximumWorkbookBytes, now } = dependencies;
  return async (request, key, deadline) => {
    const credentials = await readCredentials();
    const { body, loginMs, firstByteMs } = await openWorkbook(credentials, request, deadline);
    const transferStartMs = now();
    const proof = proveWorkbook(body, maximumWorkbookBytes);
    await store.upload(key, proof.chunks);
    return { ...proof.facts(), loginMs, firstByteMs, transferMs: now() - transferStartMs };
  };
}
