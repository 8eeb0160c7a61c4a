import { statusOf } from './export.ts';
import { madeAtMs } from './export-id.ts';
import type { Delivery, ExportRequest } from './export-request.ts';
import type { ExportRecord, QueuedRecord, Records, VersionedRecord } from './record.ts';
import type { IndexedExport, RequestIndex } from './request-index.ts';
import type { Trigger } from './trigger.ts';

/** What an intent says of joining. */
export interface Joining {
  readonly request: ExportRequest;
  readonly delivery: Delivery;
  readonly trigger: Trigger;
  /**
   * A webhook's: an export of its own is held back so long (at most 900 s), and any of the same request is joined that has not
   * begun.
   */
  readonly debounceSeconds?: number | undefined;
}

/**
 * The export of the same request that an intent may join, by its `max_age_s` or `debounceSeconds`; `undefined` where it is to
 * begin one of its own, which the index then already holds by the name of `ownId` if others are to join it. Fails with `store-failed`.
 */
export type FindJoinable = (intent: Joining, ownId: string) => Promise<ExportRecord | undefined>;

interface FindJoinableDependencies {
  readonly records: Pick<Records, 'replace'>;
  readonly requestIndex: Pick<RequestIndex, 'newest' | 'held' | 'reserve'>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** What is this young and not there is most likely being made by another function. */
export const youngMs = 3_000;
export const lookAgainMs = 250;

export function createFindJoinable(dependencies: FindJoinableDependencies): FindJoinable {
  const { records, requestIndex, now, sleep } = dependencies;

  /**
   * A webhook may only join what has not begun: a run that has may be older than what it tells of. So it writes the record,
   * unchanged, on the condition that nobody has changed it since. Whether that write was the faster one or another
   * webhook's, the record that is there after it is what counts: while it is queued, its run begins later.
   */
  async function join(version: VersionedRecord<QueuedRecord>): Promise<ExportRecord | undefined> {
    const { revision: _revision, writer: _writer, ...same } = version.record;
    const { record } = await records.replace(version, same);
    return record.status === 'queued' ? record : undefined;
  }

  async function joined({ version }: IndexedExport, intent: Joining): Promise<ExportRecord | undefined> {
    if (!version) return undefined;
    const { record, etag } = version;
    if (!isJoinable(record, intent, now())) return undefined;
    if (intent.trigger.kind !== 'webhook') return record;
    return record.status === 'queued' ? join({ record, etag }) : undefined;
  }

  const joinedNewest = async (intent: Joining) => joined(await requestIndex.newest(intent.request), intent);

  /** What is held back comes first. Where nothing can be joined the index is reserved. */
  async function joinOrReserve(intent: Joining, ownId: string): Promise<ExportRecord | undefined> {
    // Another function's clock may be ahead of ours, so nothing stays young for longer than that from now.
    const untilMs = now() + youngMs;
    for (;;) {
      const held = await requestIndex.held(intent.request);
      const found = await joined(held, intent);
      // The second: our own reservation, whose answer was lost.
      if (found || held.exportId === ownId) return found;
      if (isBeingMade(held, now()) && now() < untilMs) {
        await sleep(lookAgainMs);
        continue;
      }
      const newest = await joinedNewest(intent);
      if (newest || (await requestIndex.reserve(intent.request, ownId, held))) return newest;
    }
  }

  return async (intent, ownId) => {
    if (intent.debounceSeconds !== undefined) return joinOrReserve(intent, ownId);
    if (intent.delivery.max_age_s === undefined) return undefined;
    return (await joinedNewest(intent)) ?? joined(await requestIndex.held(intent.request), intent);
  };
}

function isBeingMade({ exportId, version }: IndexedExport, nowMs: number): boolean {
  return exportId !== undefined && version === undefined && nowMs - madeAtMs(exportId) < youngMs;
}

function isJoinable(record: ExportRecord, intent: Joining, nowMs: number): boolean {
  const { max_age_s: maxAgeSeconds } = intent.delivery;
  const isInTime = (startedAt: string) =>
    maxAgeSeconds !== undefined && nowMs - Date.parse(startedAt) <= maxAgeSeconds * 1000;
  switch (record.status) {
    case 'queued':
      // One that is held back is for those who would hold it back themselves.
      if (intent.debounceSeconds !== undefined || record.not_before === undefined) return true;
      return Date.parse(record.not_before) <= nowMs;
    case 'running':
      return isInTime(record.started_at);
    case 'ready':
      return statusOf(record, nowMs) === 'ready' && isInTime(record.started_at);
    case 'failed':
    case 'cancelled':
    case 'deleted':
      return false;
  }
}
