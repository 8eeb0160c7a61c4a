import { beatsPerLease, defaultLeaseSeconds } from '../../functions/export/export-function.ts';
import { closingMs } from '../../functions/export/run-export.ts';
import { longestWaitsMs } from '../../functions/export/tries.ts';
import { noSettings } from '../../lib/settings/settings.ts';
import { deployment } from './deployment.ts';
import type { MeasuredCalls } from './measured-calls.ts';
import { type Distribution, meanOf, varianceOf } from './random.ts';

/** What becomes of the exports in an hour when something is down. */
export interface Outage {
  /**
   * `refuses`: Knosc answers 503 to every call. `hangs`: it takes the call and never answers. `stops`: no export function
   * starts, as when the event source is switched off.
   */
  readonly kind: 'refuses' | 'hangs' | 'stops';
  readonly startsAtSeconds: number;
  readonly endsAtSeconds: number;
}

/** Everything that a simulation is told. */
export interface Scenario {
  readonly seed: number;
  readonly exportsPerHour: number;
  /** For how long exports are asked for; afterwards the simulation goes on until all have ended. */
  readonly arrivalSeconds: number;
  /** What is asked for before that moment is simulated, but not counted: the system was empty at first. */
  readonly warmUpSeconds: number;
  readonly maximumConcurrency: number;
  /** From sending the export request to the first byte of Knosc's answer. */
  readonly originSeconds: Distribution;
  readonly workbookMebibytes: Distribution;
  /** How many exports Knosc runs at once; it answers 429 to one more. */
  readonly originCapacity: number;
  readonly outage?: Outage;
  /** From the call to the message's arrival at a function that is free. */
  readonly deliverySeconds: number;
  /** Of a run, besides Knosc and the workbook's transfer. */
  readonly overheadSeconds: number;
  readonly mebibytesPerSecond: number;
  /** The upper ends of the waits between tries. */
  readonly longestTryWaitsSeconds: readonly number[];
  /** When a run that Knosc keeps waiting gives up, counted from its start. */
  readonly deadlineSeconds: number;
  readonly beatSeconds: number;
}

/**
 * How quickly Knosc answers, which it says nowhere: three guesses to choose from. Knosc's documentation names no time,
 * no limit and no rate (its API's contract, section 6).
 */
export const origins = {
  quick: { kind: 'log-normal', median: 1, p95: 4 },
  usual: { kind: 'log-normal', median: 4, p95: 20 },
  slow: { kind: 'log-normal', median: 20, p95: 100 },
} as const satisfies Record<string, Distribution>;
export type OriginName = keyof typeof origins;

/** A scenario of the deployed defaults, with the calls that the bench counted; what is assumed is said in docs/scale.md. */
export function usualScenario(calls: MeasuredCalls): Scenario {
  const { awsCallSeconds, runCpuSeconds, provenMebibytesPerCpuSecond, exportMemoryMegabytes, megabytesPerCpu } =
    deployment;
  const processors = exportMemoryMegabytes / megabytesPerCpu;
  return {
    seed: 20_261_126,
    exportsPerHour: 1_000,
    arrivalSeconds: 36_000,
    warmUpSeconds: 3_600,
    maximumConcurrency: noSettings.maximum_concurrency,
    originSeconds: origins.usual,
    workbookMebibytes: { kind: 'log-normal', median: 0.5, p95: 4 },
    originCapacity: Number.POSITIVE_INFINITY,
    // The claim, the message, and its way to a function.
    deliverySeconds: 3 * awsCallSeconds,
    overheadSeconds: calls.run.length * awsCallSeconds + runCpuSeconds / processors,
    mebibytesPerSecond: provenMebibytesPerCpuSecond * processors,
    longestTryWaitsSeconds: longestWaitsMs.map((ms) => ms / 1000),
    deadlineSeconds: deployment.exportTimeoutSeconds - closingMs / 1000,
    beatSeconds: defaultLeaseSeconds / beatsPerLease,
  };
}

/** So many exports an hour, for as long as it takes to ask for so many; the first fifth is the warm-up. */
export function steadily(scenario: Scenario, exportsPerHour: number, exports = 20_000): Scenario {
  const arrivalSeconds = (exports / exportsPerHour) * 3_600;
  return { ...scenario, exportsPerHour, arrivalSeconds, warmUpSeconds: arrivalSeconds / 5 };
}

/** Of a run that nothing disturbs, from its start to its end: Knosc, the transfer and our own calls. */
export function meanRunSeconds(scenario: Scenario): number {
  const { originSeconds, workbookMebibytes, mebibytesPerSecond, overheadSeconds } = scenario;
  return meanOf(originSeconds) + meanOf(workbookMebibytes) / mebibytesPerSecond + overheadSeconds;
}

/** Variance of such a run over the square of its mean. */
export function squaredRunVariation(scenario: Scenario): number {
  const { originSeconds, workbookMebibytes, mebibytesPerSecond } = scenario;
  const variance = varianceOf(originSeconds) + varianceOf(workbookMebibytes) / mebibytesPerSecond ** 2;
  return variance / meanRunSeconds(scenario) ** 2;
}
