import type { FunctionName } from './bundles.ts';
import { median } from './median.ts';
import { type SizedTask, memorySizes, type TaskName } from './memory-sizes.ts';
import { deployment } from './scale/deployment.ts';

/** What a function is at one memory size, reckoned from processor time alone: the size's share of a processor divides it. */
export interface SizeOutcome {
  readonly functionName: FunctionName;
  readonly memoryMegabytes: number;
  readonly share: number;
  readonly tasks: readonly {
    readonly task: TaskName;
    readonly reckonedSeconds: number;
    /** With that share of a processor, for real. */
    readonly measuredSeconds: number;
  }[];
  /** For one usual export: the wait for Knosc and AWS, and the function's own work, warm. */
  readonly usualSeconds: number;
  readonly coldSeconds: number;
  readonly usualGigabyteSeconds: number;
  /** Why it is not chosen; empty where it keeps the rule. */
  readonly against: readonly string[];
}

/** The rule, in numbers. */
export const memoryRule = {
  /** Of the highest RSS. */
  room: 2,
  /** How much longer a usual export may take than with a whole processor. */
  usual: 1.1,
  usualCold: 1.25,
  /** A call of the api function that waits for nothing, in seconds. */
  coldCallSeconds: 1,
} as const;

/** Every size of a function, smallest first; the first with nothing against it is the one to take. `waitSeconds` is for Knosc and AWS. */
export function outcomesOf(
  functionName: FunctionName,
  measured: readonly SizedTask[],
  waitSeconds: number,
): readonly SizeOutcome[] {
  const own = measured.filter((one) => one.functionName === functionName);
  const cpuOf = (task: TaskName) => median(own.filter((one) => one.task === task).map(({ cpuSeconds }) => cpuSeconds));
  const warm: readonly TaskName[] = functionName === 'api' ? ['create', 'look'] : ['small'];
  const warmCpu = warm.reduce((sum, task) => sum + cpuOf(task), 0);
  const coldCpu = functionName === 'api' ? cpuOf('cold') + cpuOf('look') : cpuOf('cold');
  const peakMegabytes = Math.max(...own.map(({ peakBytes }) => peakBytes)) / 2 ** 20;
  return memorySizes.map((memoryMegabytes) => {
    const share = memoryMegabytes / deployment.megabytesPerCpu;
    const usualSeconds = waitSeconds + warmCpu / share;
    const coldSeconds = waitSeconds + coldCpu / share;
    const against = [
      ...(memoryMegabytes < memoryRule.room * peakMegabytes ? ['room'] : []),
      ...(usualSeconds > memoryRule.usual * (waitSeconds + warmCpu) ? ['a usual export'] : []),
      ...(coldSeconds > memoryRule.usualCold * (waitSeconds + coldCpu) ? ['a cold export'] : []),
      ...(functionName === 'api' && cpuOf('cold') / share > memoryRule.coldCallSeconds ? ['a cold call'] : []),
    ];
    return {
      functionName,
      memoryMegabytes,
      share,
      tasks: own
        .filter((one) => one.memoryMegabytes === memoryMegabytes)
        .map(({ task, medianSeconds }) => ({
          task,
          reckonedSeconds: cpuOf(task) / share,
          measuredSeconds: medianSeconds,
        })),
      usualSeconds,
      coldSeconds,
      usualGigabyteSeconds: usualSeconds * (memoryMegabytes / 1024),
      against,
    };
  });
}

export function chosenOf(outcomes: readonly SizeOutcome[]): SizeOutcome | undefined {
  return outcomes.find(({ against }) => against.length === 0);
}
