import { availableParallelism } from 'node:os';

/** AWS Lambda Developer Guide, "Configure Lambda function memory". */
export const megabytesPerProcessor = 1769;

/**
 * How many processors' time there is. Lambda gives a function a share that grows with its memory, and shows it two processors
 * even where its share is a third of one.
 */
export function processorsOf(lambdaMegabytes: number | undefined): number {
  return lambdaMegabytes === undefined ? availableParallelism() : lambdaMegabytes / megabytesPerProcessor;
}
