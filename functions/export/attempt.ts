import type { ExportRequest } from '../ledger/export-request.ts';
import { ExportFailure, type FailureCode } from '../ledger/failure.ts';
import type { Deadline } from './deadline.ts';
import type { ProvenFacts, ProveWorkbook } from './proof/proof.ts';
import type { OpenedSession } from './session/rotation.ts';
import type { Sessions } from './session/sessions.ts';
import type { Store } from './store/store.ts';
import type { Tries } from './tries.ts';
import type { OpenWorkbook } from './workbook-source.ts';

/** A workbook that lies under the attempt's own key, proven but not published. Times are in milliseconds, of the last try. */
export interface AttemptResult extends ProvenFacts {
  readonly loginMs: number;
  /** From sending the export request to the headers of its answer. */
  readonly firstByteMs: number;
  readonly transferMs: number;
}

/**
 * One attempt of an export, from the session to a proven object in S3, in up to three tries: each begins the export anew,
 * since half a body is worth nothing. Fails with an `ExportFailure`, leaving no object.
 */
export type Attempt = (
  request: ExportRequest,
  key: string,
  deadline: Deadline,
  /** Told how many bytes of the workbook have come; a new try begins at nothing again. */
  tellBytes: (bytes: number) => void,
) => Promise<AttemptResult>;

interface AttemptDependencies {
  readonly sessions: Sessions;
  readonly openWorkbook: OpenWorkbook;
  readonly proveWorkbook: ProveWorkbook;
  readonly store: Store;
  readonly tries: Tries;
  readonly maximumWorkbookBytes: number;
  readonly now: () => number;
}

export function createAttempt(dependencies: AttemptDependencies): Attempt {
  const { sessions, openWorkbook, proveWorkbook, store, tries, maximumWorkbookBytes, now } = dependencies;
  return async (request, key, deadline, tellBytes) => {
    let refused: OpenedSession | undefined;
    return tries(deadline, async () => {
      const startedMs = now();
      const opened = await (refused ? sessions.replace(refused, deadline) : sessions.open(deadline)).catch(
        asRepeatable,
      );
      const sentMs = now();
      const { body } = await openWorkbook(opened, request, deadline).catch((error: unknown) => {
        refused = isRefusedSession(error) ? opened : undefined;
        throw error;
      });
      const answeredMs = now();
      const proof = proveWorkbook(counted(body, tellBytes), maximumWorkbookBytes);
      await store.upload(key, proof.chunks, { signal: deadline.signal });
      return {
        ...proof.facts(),
        loginMs: sentMs - startedMs,
        firstByteMs: answeredMs - sentMs,
        transferMs: now() - answeredMs,
      };
    });
  };
}

/** What Knosc could not help while it was asked for a session passes too; how many log-ins that may cost is counted elsewhere. */
function asRepeatable(error: unknown): never {
  if (!(error instanceof ExportFailure) || !passing.has(error.code)) throw error;
  throw new ExportFailure(error.code, error.message, { ...error.facts, repeat: 'later' });
}

const passing: ReadonlySet<FailureCode> = new Set(['origin-busy', 'origin-failed']);

function isRefusedSession(error: unknown): boolean {
  return error instanceof ExportFailure && error.facts.repeat === 'with another session';
}

async function* counted(body: AsyncIterable<Uint8Array>, tellBytes: (bytes: number) => void) {
  let bytes = 0;
  tellBytes(bytes);
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    tellBytes(bytes);
    yield chunk;
  }
}
