import { createAnnounce } from '../../functions/export/announce/announce.ts';
import type { ExportEvent } from '../../functions/export/announce/event.ts';
import { type Attempt } from '../../functions/export/attempt.ts';
import { createExportHandler, type ExportHandler } from '../../functions/export/handler.ts';
import { createHoldLease } from '../../functions/export/held-lease.ts';
import { createHandleInvocation } from '../../functions/export/invocation.ts';
import { createRunExport } from '../../functions/export/run-export.ts';
import { createClaimFireTime } from '../../functions/export/schedule/claim-fire-time.ts';
import { type BeginExport, createBeginExport } from '../../functions/ledger/begin-export.ts';
import { createClaimKey } from '../../functions/ledger/claim.ts';
import { createEndExport, type EndExport } from '../../functions/ledger/end-export.ts';
import type { ExportMessage } from '../../functions/ledger/export-message.ts';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import type { Observer } from '../../functions/ledger/observer.ts';
import { createReadRecord, type ReadRecord } from '../../functions/ledger/read-record.ts';
import { createRecords } from '../../functions/ledger/record.ts';
import { createRequestIndex } from '../../functions/ledger/request-index.ts';
import type { Random } from '../../sandbox/knosc/data/random.ts';
import { type Bucket, createBucket } from './bucket.ts';
import { createMachine, type Machine, type MachineOptions } from './machine.ts';
import { createModelQueue, type ModelQueue } from './queue.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

/** S3, SQS and both functions in one thread, under a clock and an order of events that a seed decides. */
export interface World {
  readonly scheduler: Scheduler;
  readonly bucket: Bucket;
  readonly queue: ModelQueue;
  /** The attempts whose origin is still sending, those of dead machines among them. */
  readonly running: ReadonlySet<RunningAttempt>;
  /** Grows with each call: what happened before what, where time stands still. */
  readonly moment: () => number;
  /** The moments at which the attempts of an export began. */
  begunAt(exportId: string): readonly number[];
  /** Every event that reached the bus, in order, repeats too. */
  readonly events: readonly SentEvent[];
  /** The api function on a machine of its own. */
  api(options: MachineOptions): {
    readonly beginExport: BeginExport;
    readonly endExport: EndExport;
    readonly readRecord: ReadRecord;
  };
  /** The export function on a machine of its own, that lives as long as Lambda lets it. */
  exportFunction(
    options: MachineOptions,
    script: OriginScript,
  ): { readonly handler: ExportHandler; readonly machine: Machine };
}

export interface SentEvent {
  readonly event: ExportEvent;
  /** Its export's terminal record was written before. */
  readonly isInTime: boolean;
}

export interface RunningAttempt {
  readonly exportId: string;
  readonly machine: Machine;
}

/** How the origin serves the attempts of one invocation. */
export interface OriginScript {
  readonly seconds: number;
  readonly isGood: boolean;
}

export const invocationSeconds = 900;
const leaseSeconds = 60;

export function createWorld(random: Random, startsAtMs: number): World {
  const scheduler = createScheduler(random, startsAtMs);
  const bucket = createBucket(scheduler.now);
  const queue = createModelQueue(scheduler);
  const running = new Set<RunningAttempt>();
  const begun: { readonly exportId: string; readonly atMoment: number }[] = [];
  let lastMoment = 0;
  const moment = () => (lastMoment += 1);
  const events: SentEvent[] = [];
  let lastNonce = 0;
  const noteEvent = (event: ExportEvent) => {
    events.push({ event, isInTime: bucket.endedAtMs(event.detail.export_id) !== undefined });
  };
  const newNonce = () => `nonce-${(lastNonce += 1)}`;

  function ledgerOf(machine: Machine) {
    const documents = bucket.documentsFor(machine);
    const records = createRecords(documents, newNonce);
    const readRecord = createReadRecord({ records, noteEnd: () => undefined, now: machine.now });
    return { documents, records, readRecord, requestIndex: createRequestIndex({ documents, readRecord }) };
  }

  function beginOn(machine: Machine, send: (message: ExportMessage, delaySeconds?: number) => void): BeginExport {
    const { documents, records, readRecord, requestIndex } = ledgerOf(machine);
    return createBeginExport({
      claimKey: createClaimKey(documents),
      records,
      readRecord,
      requestIndex,
      sendMessage: (message, delaySeconds) => machine.call(() => send(message, delaySeconds)),
      now: machine.now,
      sleep: machine.sleep,
    });
  }

  function attemptOn(machine: Machine, { seconds, isGood }: OriginScript): Attempt {
    return async (_request, key, { signal }, tellBytes) => {
      const attempt: RunningAttempt = { exportId: key.split('/')[2] ?? '', machine };
      running.add(attempt);
      begun.push({ exportId: attempt.exportId, atMoment: moment() });
      tellBytes(1000);
      await machine.pause(seconds * 1000, signal);
      running.delete(attempt);
      if (signal.aborted) throw new ExportFailure('origin-timeout', 'The time ran out.');
      if (!isGood) throw new ExportFailure('origin-failed', 'Knosc failed.');
      await machine.call(() => bucket.putWorkbook(key));
      return { ...soundFacts, loginMs: 0, firstByteMs: 0, transferMs: seconds * 1000 };
    };
  }

  return {
    scheduler,
    bucket,
    queue,
    running,
    moment,
    begunAt: (id) => begun.flatMap(({ exportId, atMoment }) => (exportId === id ? [atMoment] : [])),
    events,
    api: (options) => {
      const machine = createMachine(scheduler, random, options);
      const { records, readRecord } = ledgerOf(machine);
      return {
        readRecord,
        beginExport: beginOn(machine, (message, delaySeconds = 0) => queue.send(JSON.stringify(message), delaySeconds)),
        endExport: createEndExport({
          readRecord,
          records,
          removeWorkbooks: (record) => machine.call(() => bucket.removeUnnamed(record)),
          noteEnd: () => undefined,
          now: machine.now,
        }),
      };
    },
    exportFunction: (options, script) => {
      const machine = createMachine(scheduler, random, options);
      const { documents, records, requestIndex } = ledgerOf(machine);
      const claimKey = createClaimKey(documents);
      const observer: Observer = {
        tell: () => undefined,
        measure: () => undefined,
        reportDefect: machine.reportDefect,
      };
      // Leases are judged by S3's clock, whatever the machine's own says.
      const storeNow = scheduler.now;
      const runExport = createRunExport({
        records,
        attempt: attemptOn(machine, script),
        holdLease: createHoldLease({ records, storeNow, pause: machine.pause, leaseSeconds, beatSeconds: 5 }),
        store: { remove: (key) => machine.call(() => bucket.removeWorkbook(key)) },
        workbookDays: 7,
        leaseSeconds,
        now: machine.now,
        storeNow,
        observer,
      });
      const removeWorkbooks = (record: Parameters<Bucket['removeUnnamed']>[0]) =>
        machine.call(() => bucket.removeUnnamed(record));
      const common = {
        runExport,
        removeWorkbooks,
        announce: createAnnounce({ putEvent: (event) => machine.call(() => noteEvent(event)), observer }),
        observer,
        queue: queue.queueFor(machine),
        claimFireTime: createClaimFireTime({
          claimKey,
          records,
          requestIndex,
          noteEnd: () => undefined,
          now: machine.now,
        }),
        now: machine.now,
        reportDefect: machine.reportDefect,
      };
      const begin = beginOn(machine, (message) => queue.send(JSON.stringify(message), leaseSeconds));
      const handleInvocation = createHandleInvocation({
        ...common,
        beginExport: begin,
        records,
        makeLink: () => Promise.resolve({ url: 'https://link', expires_at: '' }),
        pause: machine.pause,
      });
      return { machine, handler: createExportHandler({ ...common, handleInvocation }) };
    },
  };
}

const soundFacts = {
  bytes: 1000,
  sha256: 'abc',
  contentHash: 'def',
  sheets: [{ name: 'Sheet1', rows: 1, columns: ['A'] }],
};
