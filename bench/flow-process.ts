import { readFileSync, writeFileSync } from 'node:fs';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { freedChunks } from '../functions/export/free-memory.ts';
import { createCallOrigin } from '../functions/export/origin.ts';
import { answerQuestions } from './answer-questions.ts';
import { cpuSecondsOf } from './clock.ts';
import { createFlows } from './flows.ts';
import { platformSchema } from './platform.ts';

/** The function's process for one run: a flow takes a workbook of 1 MiB, then the one that is measured. */
const questionSchema = z.discriminatedUnion('ask', [
  z.object({
    ask: z.literal('start'),
    platform: platformSchema,
    flow: z.enum(['a', 'b', 'c', 'd', 'f']),
    /** How the origin's bytes are cut before the flow sees them; null leaves them as they come from the socket. */
    chunkBytes: z.int().nullable(),
  }),
  z.object({ ask: z.literal('run'), mebibytes: z.number() }),
]);

type Carry = (mebibytes: number) => Promise<{ readonly seconds: number; readonly cpuSeconds: number }>;

let carry: Carry | undefined;

answerQuestions(async (asked) => {
  const question = questionSchema.parse(asked);
  if (question.ask === 'start') {
    carry = createCarry(question);
    await carry(1);
    return undefined;
  }
  forgetPeak();
  const idleBytes = process.memoryUsage.rss();
  const times = await carry?.(question.mebibytes);
  return { ...times, idleBytes, peakBytes: peakRssBytes() };
});

function createCarry({ platform, flow, chunkBytes }: Extract<z.infer<typeof questionSchema>, { ask: 'start' }>): Carry {
  const callOrigin = createCallOrigin();
  const run = createFlows(platform)[flow];
  const s3 = new S3Client(platform.access);

  return async (size) => {
    const startedMs = performance.now();
    const cpuBefore = process.cpuUsage();
    const { body } = await callOrigin({
      originAddress: platform.originAddress,
      path: '/api/export-data',
      headers: {},
      json: { view_name: `bench_${size}` },
      signal: AbortSignal.timeout(1_800_000),
    });
    const key = `workbooks/bench/${flow}.xlsx`;
    // As `createOpenWorkbook` does for the export function. lib-storage keeps chunks and so must be given them for good.
    const chunks = flow === 'a' || flow === 'b' ? freedChunks(body) : body;
    await run(key, chunkBytes === null ? chunks : cut(chunks, chunkBytes));
    const seconds = (performance.now() - startedMs) / 1000;
    const cpuSeconds = cpuSecondsOf(process.cpuUsage(cpuBefore));
    await s3.send(new DeleteObjectCommand({ Bucket: platform.environment.BUCKET_NAME, Key: key }));
    return { seconds, cpuSeconds };
  };
}

async function* cut(body: AsyncIterable<Uint8Array>, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.byteLength; at += chunkBytes) yield chunk.subarray(at, at + chunkBytes);
  }
}

/** The peak of loading the program is none of the workbook's. Only Linux can forget it (proc_pid_clear_refs(5)). */
function forgetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}

function peakRssBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
