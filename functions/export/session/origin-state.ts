import * as z from 'zod';
import type { ConditionalDocuments } from '../../ledger/documents.ts';
import { ExportFailure } from '../../ledger/failure.ts';
import { problemSchema } from '../../ledger/problem.ts';
import { originKey } from '../../ledger/keys.ts';
import { sealedSessionSchema } from './seal.ts';

/** What the fleet knows of one version of the secret: `origin/{secret version}.json`. Moments are by S3's clock. */
const stateSchema = z.object({
  /** As in a record: grows with every change, and names the change by a nonce of its writer. */
  revision: z.int(),
  writer: z.string(),
  session: sealedSessionSchema.optional(),
  /** Who may log in or renew, and until when. */
  lease: z.object({ owner: z.string(), purpose: z.enum(['log-in', 'renewal']), until: z.iso.datetime() }).optional(),
  /** Log-ins since the last good one that were refused, or whose outcome nobody wrote; counted before they are sent. */
  strikes: z.int().min(0),
  /** Set once this version is known to be wrong: nobody logs in with it again. */
  refusal: problemSchema.optional(),
  /** Until then everybody fails at once, with this problem. */
  cool_down: z.object({ failures: z.int(), until: z.iso.datetime(), problem: problemSchema }).optional(),
  /** The highest TOTP time step whose code was, or may have been, sent. */
  totp_step: z.int().optional(),
  /** The one AWSPENDING version that may be tried in this one's place while it is refused. */
  stand_in: z.string().optional(),
});

type StoredState = z.infer<typeof stateSchema>;
export type OriginState = Omit<StoredState, 'revision' | 'writer'>;

/** A state as it was read or written, with what the next conditional write needs; no ETag where nothing was ever written. */
export interface VersionedState {
  readonly etag: string | undefined;
  readonly revision: number;
  readonly state: OriginState;
}

/** Reads and conditional writes of the fleet's states. Fails with `store-failed`. */
export interface OriginStates {
  read(secretVersion: string): Promise<VersionedState>;
  /** The state that is there now: ours, or the one of whoever was faster (`isOurs` tells). */
  write(
    secretVersion: string,
    replaced: VersionedState,
    next: OriginState,
  ): Promise<VersionedState & { isOurs: boolean }>;
}

export function createOriginStates(documents: ConditionalDocuments, newNonce: () => string): OriginStates {
  async function readStored(secretVersion: string): Promise<VersionedState & { writer?: string }> {
    const document = await documents.read(originKey(secretVersion));
    if (!document) return { etag: undefined, revision: 0, state: { strikes: 0 } };
    const { revision, writer, ...state } = stateSchema.parse(document.value);
    return { etag: document.etag, revision, writer, state };
  }

  return {
    read: readStored,
    write: async (secretVersion, { etag, revision }, state) => {
      const key = originKey(secretVersion);
      const writer = newNonce();
      const stored: StoredState = { ...state, revision: revision + 1, writer };
      let refused: ExportFailure | undefined;
      try {
        const written = etag ? await documents.replace(key, etag, stored) : await documents.create(key, stored);
        if (written !== undefined) return { etag: written, revision: stored.revision, state, isOurs: true };
      } catch (error) {
        if (!(error instanceof ExportFailure)) throw error;
        refused = error;
      }
      // Whatever the answer was, or if there was none: the nonce tells whether the write was done.
      const current = await readStored(secretVersion);
      const isOurs = current.writer === writer;
      if (refused && !isOurs) throw refused;
      return { ...current, isOurs };
    },
  };
}
