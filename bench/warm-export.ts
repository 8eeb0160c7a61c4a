import * as z from 'zod';
import { type Child, startChild } from './child.ts';
import { median } from './median.ts';
import type { Stage } from './stage.ts';

/** The calls of a small warm export, in order: `s3 PutObject workbooks/…`, `POST /api/export-data`. */
export interface CallCounts {
  /** Of the export function, for a message. */
  readonly exportToAws: readonly string[];
  readonly exportToOrigin: readonly string[];
  /** Of the export function, invoked directly. */
  readonly invocationToAws: readonly string[];
  /** Of the api function, for the request that begins the export; it looks once and does not wait. */
  readonly createToAws: readonly string[];
  /** Of the api function, for a look at the ready export. */
  readonly lookToAws: readonly string[];
}

/** From the origin's last byte to the caller's answer, in milliseconds, by the workbook's size in MiB. */
export interface LastByteTimes {
  readonly mebibytes: number;
  readonly medianMs: number;
  readonly runs: number;
}

const startedSchema = z.object({ url: z.string() });
const answeredSchema = z.object({ answer: z.unknown(), answeredAtMs: z.number() });
const readySchema = z.looseObject({ status: z.literal('ready') });

/** Runs the functions as they are deployed, warm: one export went before. */
export async function measureWarmExports(
  stage: Stage,
  lastByteRounds: ReadonlyMap<number, number>,
): Promise<{ readonly calls: CallCounts; readonly lastByte: readonly LastByteTimes[] }> {
  const system = startChild('system-process.ts');
  try {
    const { url } = startedSchema.parse(await system.ask({ ask: 'start', platform: stage.platform }));
    await countCalls(stage, system, url);
    const calls = await countCalls(stage, system, url);
    const lastByte: LastByteTimes[] = [];
    for (const [mebibytes, runs] of lastByteRounds) {
      const times: number[] = [];
      for (let run = 0; run < runs; run += 1) times.push(await lastByteToAnswerMs(stage, system, mebibytes));
      lastByte.push({ mebibytes, medianMs: median(times), runs });
    }
    return { calls, lastByte };
  } finally {
    await system.close();
  }
}

async function countCalls(stage: Stage, system: Child, url: string): Promise<CallCounts> {
  const awsCallsOf = async <T>(act: () => Promise<T>) => {
    const before = (await stage.awsCalls()).length;
    const result = await act();
    const calls = (await stage.awsCalls()).slice(before);
    return { result, calls: calls.map(({ service, operation, resource }) => `${service} ${operation} ${resource}`) };
  };

  const created = await awsCallsOf(() => fetch(`${url}/exports/item_master`, { method: 'POST' }));
  const path = created.result.headers.get('location') ?? '';
  const message = await system.ask({ ask: 'receive' });
  const originBefore = (await stage.originCalls()).length;
  const run = await awsCallsOf(() => system.ask({ ask: 'export', event: message }));
  const exportToOrigin = (await stage.originCalls()).slice(originBefore);
  const look = await awsCallsOf(async () => readySchema.parse(await (await fetch(`${url}${path}`)).json()));
  const invocation = await awsCallsOf(() => system.ask({ ask: 'export', event: { view_name: 'item_master' } }));
  return {
    exportToAws: run.calls,
    exportToOrigin,
    invocationToAws: invocation.calls,
    createToAws: created.calls,
    lookToAws: look.calls,
  };
}

/** Of a direct invocation: origin, proof, store, record and link, without a queue in between. */
async function lastByteToAnswerMs(stage: Stage, system: Child, mebibytes: number): Promise<number> {
  const event = { view_name: `bench_${mebibytes}` };
  const { answer, answeredAtMs } = answeredSchema.parse(await system.ask({ ask: 'export', event }));
  readySchema.parse(answer);
  return answeredAtMs - (await stage.lastByteAtMs());
}
