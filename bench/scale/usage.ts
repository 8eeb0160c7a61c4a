import { partBytes } from '../../functions/export/store/part.ts';
import { hearsOfEnd, watchUntil } from './looks.ts';
import { countOf, type MeasuredCalls } from './measured-calls.ts';
import { mean } from './statistics.ts';
import type { Scenario } from './scenario.ts';
import type { Observations, SimulatedExport } from './simulate.ts';

/** What one export needs on average. */
export interface Usage {
  readonly httpCalls: number;
  /** How long api functions are held for it, and export functions. */
  readonly apiSeconds: number;
  readonly runSeconds: number;
  readonly mebibytes: number;
  readonly originCalls: number;
  /** Writes (PUT, POST) under each prefix of the bucket. */
  readonly writes: {
    readonly exports: number;
    readonly requests: number;
    readonly workbooks: number;
    readonly claims: number;
  };
  /** Reads of records: by the run, and by the caller's looks. */
  readonly recordReads: number;
  readonly beats: number;
  /** SendMessage, and for the message ReceiveMessage, DeleteMessage and ChangeMessageVisibility. */
  readonly queueCalls: number;
  /** The share of creates that answer 201. */
  readonly createdShare: number;
}

/** Every caller sends an idempotency key, as our command line does: one write under `claims/`. */
const claimsPerExport = 1;

/** `waits`: whether callers wait until their export has ended, or hear of its end by an event. */
export function usageOf(
  scenario: Scenario,
  { exports }: Observations,
  calls: MeasuredCalls,
  { waits }: { readonly waits: boolean } = { waits: true },
): Usage {
  const watches = exports.map(({ askedAt, endedAt }) => (waits ? watchUntil(endedAt - askedAt) : hearsOfEnd));
  const all = [...calls.create, ...calls.run];
  const writesUnder = (prefix: string) => countOf(all, { service: 's3', operation: 'PutObject', prefix });
  const beats = mean(exports.map(({ startedAt, endedAt }) => Math.floor((endedAt - startedAt) / scenario.beatSeconds)));
  const workbookWrites = mean(exports.map(workbookWritesOf));
  return {
    httpCalls: mean(watches.map((watch) => watch.calls)),
    apiSeconds: mean(watches.map(({ heldSeconds }) => heldSeconds)),
    runSeconds: mean(exports.map(({ startedAt, endedAt }) => endedAt - startedAt)),
    mebibytes: mean(exports.map(({ mebibytes }) => mebibytes)),
    originCalls: mean(exports.map(({ tries }) => tries)),
    writes: {
      exports: writesUnder('exports') + beats,
      requests: writesUnder('requests'),
      // The bench's workbook is one PutObject; larger ones are several writes.
      workbooks: writesUnder('workbooks') - 1 + workbookWrites,
      claims: claimsPerExport,
    },
    recordReads:
      countOf(all, { service: 's3', operation: 'GetObject', prefix: 'exports' }) +
      mean(watches.map(({ looks }) => looks)),
    beats,
    // Lambda receives and deletes for the function, so the bench does not see it.
    queueCalls: countOf(all, { service: 'sqs' }) + 2 + beats,
    createdShare: mean(watches.map(({ isCreated }) => (isCreated ? 1 : 0))),
  };
}

/** One PutObject up to a part's size, else the begin, the parts and the end of an upload. */
function workbookWritesOf({ mebibytes, isReady }: SimulatedExport): number {
  const parts = Math.ceil((mebibytes * 2 ** 20) / partBytes);
  return isReady ? (parts > 1 ? parts + 2 : 1) : 0;
}
