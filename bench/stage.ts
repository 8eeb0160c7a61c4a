import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { bundle } from './bundles.ts';
import { type Child, startChild } from './child.ts';
import { type Platform, platformSchema } from './platform.ts';

const sizeSchema = z.object({ bytes: z.number(), inflatedBytes: z.number(), sheets: z.number(), rows: z.number() });
const originSchema = z.object({ account: z.looseObject({ base_url: z.string() }), sizes: z.array(sizeSchema) });
const awsCallSchema = z.object({ service: z.string(), operation: z.string(), resource: z.string() });

/** What a workbook of the origin is, by its size in MiB. */
export type WorkbookFacts = z.infer<typeof sizeSchema>;
export type AwsCall = z.infer<typeof awsCallSchema>;

/** Origin and AWS, each in a process of its own, on which the functions are measured. */
export interface Stage {
  readonly platform: Platform;
  readonly workbooks: ReadonlyMap<number, WorkbookFacts>;
  /** `flow-process.ts` as the stack would bundle it: what loads TypeScript is none of the function's memory. */
  readonly flowProgram: string;
  awsCalls(): Promise<readonly AwsCall[]>;
  originCalls(): Promise<readonly string[]>;
  /** What each of the two processes has used of the cores so far. */
  cpuSeconds(): Promise<{ readonly origin: number; readonly aws: number }>;
  /** When the last byte of the last large workbook was on its way. */
  lastByteAtMs(): Promise<number>;
  close(): Promise<void>;
}

export async function setStage(mebibytes: readonly number[]): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'knosc-bench-'));
  const origin = startChild('origin-process.ts');
  const aws = startChild('aws-process.ts');
  const close = async () => {
    await Promise.all([origin.close(), aws.close()]);
    await rm(directory, { recursive: true });
  };
  try {
    await bundle('flow-process.ts', directory);
    return { ...(await connect(origin, aws, mebibytes)), flowProgram: join(directory, 'index.js'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function connect(
  origin: Child,
  aws: Child,
  mebibytes: readonly number[],
): Promise<Omit<Stage, 'flowProgram' | 'close'>> {
  const { account, sizes } = originSchema.parse(await origin.ask({ ask: 'start', mebibytes }));
  const made = z.looseObject({}).parse(await aws.ask({ ask: 'start', account }));
  return {
    platform: platformSchema.parse({ ...made, originAddress: account.base_url }),
    workbooks: new Map(sizes.map((facts, index) => [mebibytes[index] ?? 0, facts])),
    awsCalls: async () => z.array(awsCallSchema).parse(await aws.ask({ ask: 'calls' })),
    originCalls: async () => z.array(z.string()).parse(await origin.ask({ ask: 'calls' })),
    cpuSeconds: async () => ({
      origin: z.number().parse(await origin.ask({ ask: 'cpu seconds' })),
      aws: z.number().parse(await aws.ask({ ask: 'cpu seconds' })),
    }),
    lastByteAtMs: async () => z.number().parse(await origin.ask({ ask: 'last byte' })),
  };
}
