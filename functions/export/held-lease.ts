import type { Records, RunningRecord, VersionedRecord } from '../ledger/record.ts';

/** The lease of a running export, kept alive by a heartbeat that also tells how far the workbook has come. */
export interface HeldLease {
  /** Aborted once the lease is lost: the export was cancelled, or another run has taken it over. */
  readonly lost: AbortSignal;
  /** Ends the heartbeat. Answers the record as it now stands, or `undefined` where the lease was lost. */
  release(): Promise<VersionedRecord<RunningRecord> | undefined>;
}

interface Holder {
  readonly bytesSoFar: () => number;
  /** Hides the message that asks for this run for so many seconds more; a direct invocation has none. */
  readonly hideMessage: ((seconds: number) => Promise<void>) | undefined;
}

export type HoldLease = (taken: VersionedRecord<RunningRecord>, holder: Holder) => HeldLease;

/** Waits, but no longer than until the signal; never rejects. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

interface HoldLeaseDependencies {
  readonly records: Pick<Records, 'replace'>;
  /** S3's clock, by which every function judges a lease. */
  readonly storeNow: () => number;
  readonly pause: Pause;
  readonly leaseSeconds: number;
  readonly beatSeconds: number;
}

export function createHoldLease(dependencies: HoldLeaseDependencies): HoldLease {
  const { records, storeNow, pause, leaseSeconds, beatSeconds } = dependencies;

  return (taken, { bytesSoFar, hideMessage }) => {
    let version = taken;
    const ending = new AbortController();
    const lost = new AbortController();

    async function extend(): Promise<void> {
      const until = new Date(storeNow() + leaseSeconds * 1000).toISOString();
      const { record } = version;
      const lease = { owner: record.lease.owner, until };
      const written = await records.replace(version, { ...record, lease, bytes_so_far: bytesSoFar() });
      const current = ownVersion(written, record.lease.owner);
      if (current) version = current;
      else lost.abort();
    }

    const isOver = () => ending.signal.aborted || lost.signal.aborted;
    async function beat(): Promise<void> {
      while (!isOver()) {
        await pause(beatSeconds * 1000, ending.signal);
        if (isOver()) return;
        // A beat that AWS refuses is made good by the next one: a lease is many beats long.
        await Promise.allSettled([extend(), hideMessage?.(leaseSeconds)]);
      }
    }

    const beating = beat();
    return {
      lost: lost.signal,
      release: async () => {
        ending.abort();
        await beating;
        return lost.signal.aborted ? undefined : version;
      },
    };
  };
}

/** The version where it is still this owner's run; a write of ours whose answer was lost is recognised by its owner. */
export function ownVersion(version: VersionedRecord, owner: string): VersionedRecord<RunningRecord> | undefined {
  const { record, etag } = version;
  return record.status === 'running' && record.lease.owner === owner ? { record, etag } : undefined;
}
