import * as z from 'zod';
import { startChild } from './child.ts';
import { type FlowName, flowNames } from './flow-names.ts';
import { median } from './median.ts';
import type { Stage } from './stage.ts';

/** What a column of the results tells: a flow, or `e`, inflating alone. */
export type Variant = FlowName | 'e';

/** Medians of several runs, each in a fresh process. */
export interface Measurement {
  readonly mebibytes: number;
  /** null: as they came from the socket, up to 64 KiB. */
  readonly chunkBytes: number | null;
  readonly variant: Variant;
  readonly runs: number;
  readonly mebibytesPerSecond: number;
  readonly seconds: number;
  /** Of each round; rounds are the same for all variants of a field. */
  readonly roundSeconds: readonly number[];
  /** The highest RSS less that after one export of 1 MiB; the highest of the runs. None for `e`, which is no export. */
  readonly peakOverIdleBytes: number | undefined;
  readonly idleBytes: number | undefined;
  /** Processor time of a run: of the process itself, of the origin's and of AWS's beside it. None beside `e`. */
  readonly cpuSeconds: CpuSeconds;
}

export interface CpuSeconds {
  readonly own: number;
  readonly origin: number | undefined;
  readonly aws: number | undefined;
}

const inflateRunSchema = z.object({ seconds: z.number(), cpuSeconds: z.number() });
const flowRunSchema = inflateRunSchema.extend({ idleBytes: z.number(), peakBytes: z.number() });
type Run = z.infer<typeof inflateRunSchema> &
  Partial<z.infer<typeof flowRunSchema>> & { readonly beside?: { readonly origin: number; readonly aws: number } };

interface Field {
  readonly mebibytes: number;
  readonly chunkBytes: number | null;
  readonly rounds: number;
}

// The naive way holds everything, and twice while it joins it.
const mostCollectedMebibytes = 64;

/**
 * Measures every variant side by side: each round runs all of them, forwards and backwards in turn. Those that are compared come one right
 * after the other, since a machine that is shared is faster at one minute than at the next.
 */
export async function measureThroughput(
  stage: Stage,
  { mebibytes, chunkBytes, rounds }: Field,
  say: (words: string) => void,
): Promise<readonly Measurement[]> {
  const variants: Variant[] = [
    // Not a matter of chunks.
    ...(chunkBytes === null ? (['e'] as const) : []),
    ...(['a', 'b', 'c'] as const),
    ...(mebibytes <= mostCollectedMebibytes ? (['d'] as const) : []),
    'f',
  ];
  const runs = new Map<Variant, Run[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      const run = await runOnce(stage, variant, mebibytes, chunkBytes);
      runs.get(variant)?.push(run);
      const { seconds, cpuSeconds, beside } = run;
      const cpu = [cpuSeconds, ...(beside ? [beside.origin, beside.aws] : [])]
        .map((time) => time.toFixed(2))
        .join(' + ');
      say(
        `${mebibytes} MiB, ${chunkBytes ?? 'socket'} chunks, round ${round + 1}: ${variant} ${seconds.toFixed(3)} s, of processors ${cpu} s`,
      );
    }
  }
  const bytes = stage.workbooks.get(mebibytes)?.bytes ?? 0;
  return variants.map((variant) => summary(runs.get(variant) ?? [], { mebibytes, chunkBytes, variant }, bytes));
}

async function runOnce(stage: Stage, variant: Variant, mebibytes: number, chunkBytes: number | null): Promise<Run> {
  const child = startChild(variant === 'e' ? 'inflate-process.ts' : stage.flowProgram);
  try {
    if (variant === 'e') return inflateRunSchema.parse(await child.ask({ mebibytes }));
    const { platform } = stage;
    await child.ask({ ask: 'start', platform, flow: variant, chunkBytes });
    const before = await stage.cpuSeconds();
    const run = flowRunSchema.parse(await child.ask({ ask: 'run', mebibytes }));
    const after = await stage.cpuSeconds();
    return { ...run, beside: { origin: after.origin - before.origin, aws: after.aws - before.aws } };
  } finally {
    await child.close();
  }
}

function summary(
  runs: readonly Run[],
  what: Pick<Measurement, 'mebibytes' | 'chunkBytes' | 'variant'>,
  bytes: number,
): Measurement {
  const grown = runs.flatMap(({ peakBytes, idleBytes }) =>
    peakBytes === undefined || idleBytes === undefined ? [] : [peakBytes - idleBytes],
  );
  const idle = runs.flatMap(({ idleBytes }) => (idleBytes === undefined ? [] : [idleBytes]));
  const seconds = median(runs.map((run) => run.seconds));
  return {
    ...what,
    runs: runs.length,
    mebibytesPerSecond: bytes / 2 ** 20 / seconds,
    seconds,
    roundSeconds: runs.map((run) => run.seconds),
    peakOverIdleBytes: grown.length > 0 ? Math.max(...grown) : undefined,
    idleBytes: idle.length > 0 ? median(idle) : undefined,
    cpuSeconds: {
      own: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
      origin: medianBeside(runs, 'origin'),
      aws: medianBeside(runs, 'aws'),
    },
  };
}

function medianBeside(runs: readonly Run[], process: 'origin' | 'aws'): number | undefined {
  const own = runs.flatMap(({ beside }) => (beside === undefined ? [] : [beside[process]]));
  return own.length > 0 ? median(own) : undefined;
}

export function nameOf(variant: Variant): string {
  return variant === 'e' ? 'inflating and CRC-32 alone, one after the other on one thread' : flowNames[variant];
}
