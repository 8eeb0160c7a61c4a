import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { bundle, functionEntry, type FunctionName } from './bundles.ts';
import { type FunctionChild, startFunction } from './function-child.ts';
import { median } from './median.ts';
import { deployment } from './scale/deployment.ts';
import type { Stage } from './stage.ts';
import { canThrottle, throttle } from './throttle.ts';

/** One task of a function at one memory size: how long it took with that size's share of a processor. */
export interface SizedTask {
  readonly functionName: FunctionName;
  readonly task: TaskName;
  readonly memoryMegabytes: number;
  readonly medianSeconds: number;
  /** Processor time, user and system; the same at every size, but for what stopping costs. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly runs: number;
}

/** Each is done by the function's own bundle. `cold` comes with the start of the process. */
export const taskNames = {
  api: { cold: 'cold: start and a create that does not wait', create: 'a create', look: 'a look at the export' },
  export: { cold: 'cold: start and an export of 1 MiB', small: 'an export of 1 MiB', large: 'an export of 64 MiB' },
} as const;
export type TaskName = keyof typeof taskNames.api | keyof typeof taskNames.export;

/** The sizes to choose from; a whole processor is the last. */
export const memorySizes = [256, 512, 1024, deployment.megabytesPerCpu] as const;

/** What the stage must have for the tasks, in MiB. */
export const taskWorkbooks = [1, 64] as const;

type Run = Omit<SizedTask, 'functionName' | 'memoryMegabytes' | 'medianSeconds' | 'runs'> & {
  readonly seconds: number;
};

/** Runs both bundles at every size in turn, each time in a fresh process. */
export async function measureMemorySizes(
  stage: Stage,
  rounds: number,
  say: (words: string) => void,
): Promise<readonly SizedTask[]> {
  if (!canThrottle()) {
    say('memory sizes: left out. This machine does not tell what its threads use of processors; Linux does.');
    return [];
  }
  const directory = await mkdtemp(join(tmpdir(), 'knosc-bench-'));
  try {
    const runs = new Map<string, { functionName: FunctionName; memoryMegabytes: number; runs: Run[] }>();
    for (const functionName of ['api', 'export'] as const) {
      await bundle(functionEntry(functionName), join(directory, functionName));
      for (const memoryMegabytes of memorySizes) {
        runs.set(`${functionName} ${memoryMegabytes}`, { functionName, memoryMegabytes, runs: [] });
      }
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const field of round % 2 === 0 ? runs.values() : [...runs.values()].toReversed()) {
        field.runs.push(...(await runTasks(stage, directory, field)));
        say(`memory sizes, round ${round + 1}: ${field.functionName}, ${field.memoryMegabytes} MB`);
      }
    }
    return [...runs.values()].flatMap(({ functionName, memoryMegabytes, runs: own }) =>
      [...Map.groupBy(own, ({ task }) => task)].map(([task, same]) => ({
        functionName,
        task,
        memoryMegabytes,
        medianSeconds: median(same.map(({ seconds }) => seconds)),
        cpuSeconds: median(same.map(({ cpuSeconds }) => cpuSeconds)),
        peakBytes: Math.max(...same.map(({ peakBytes }) => peakBytes)),
        runs: same.length,
      })),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface Field {
  readonly functionName: FunctionName;
  readonly memoryMegabytes: number;
}

async function runTasks(
  stage: Stage,
  directory: string,
  { functionName, memoryMegabytes }: Field,
): Promise<readonly Run[]> {
  const child = startFunction(functionName, join(directory, functionName), stage.platform, memoryMegabytes);
  const endThrottle = throttle(child.pid, memoryMegabytes / deployment.megabytesPerCpu);
  try {
    return functionName === 'api' ? await runApi(child) : await runExports(child);
  } finally {
    endThrottle();
    await child.close();
  }
}

const createdSchema = z.object({ statusCode: z.literal(202), headers: z.looseObject({ location: z.string() }) });

async function runApi(child: FunctionChild): Promise<readonly Run[]> {
  const create = async (task: TaskName) => {
    const { answer, ...run } = await child.invoke(httpEvent('POST', '/exports/item_master'));
    return { task, ...run, location: createdSchema.parse(answer).headers.location };
  };
  const cold = await create('cold');
  const warm = await create('create');
  const { answer, ...look } = await child.invoke(httpEvent('GET', warm.location));
  z.object({ statusCode: z.int().lt(400) }).parse(answer);
  return [cold, warm, { task: 'look', ...look }];
}

const readySchema = z.looseObject({ status: z.literal('ready') });

async function runExports(child: FunctionChild): Promise<readonly Run[]> {
  const [smallMebibytes, largeMebibytes] = taskWorkbooks;
  const runs: Run[] = [];
  for (const [task, mebibytes] of [
    ['cold', smallMebibytes],
    ['small', smallMebibytes],
    ['large', largeMebibytes],
  ] as const) {
    const { answer, ...run } = await child.invoke({ view_name: `bench_${mebibytes}` });
    readySchema.parse(answer);
    runs.push({ task, ...run });
  }
  return runs;
}

function httpEvent(method: string, rawPath: string): object {
  return {
    version: '2.0',
    rawPath,
    headers: { prefer: 'respond-async' },
    requestContext: {
      requestId: 'r',
      timeEpoch: Date.now(),
      http: { method, path: rawPath },
      authorizer: { iam: { userId: 'AIDABENCH' } },
    },
    isBase64Encoded: false,
  };
}
