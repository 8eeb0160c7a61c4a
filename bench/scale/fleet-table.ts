import { sessionTiming } from '../../functions/export/session/lease.ts';
import { secretFreshForMs } from '../../functions/export/session/rotation.ts';
import { deployment } from './deployment.ts';
import { quotas } from './quotas.ts';
import { steadily } from './scenario.ts';
import { concurrencyFor } from './staffing.ts';
import type { Study } from './study.ts';
import { duration, number, percent, table } from './words.ts';

/** How many batches the event source begins with (AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings"). */
const firstBatches = 5;

/** What it takes that all functions share one session. */
export function fleetTable(study: Study): string {
  const [leastMs, mostMs] = sessionTiming.pollMs;
  const looksPerSecond = 1 / ((leastMs + mostMs) / 2_000 + deployment.awsCallSeconds);
  const concurrencies = [
    study.usual.maximumConcurrency,
    concurrencyFor(steadily(study.usual, 10_000)),
    concurrencyFor(steadily(study.usual, 100_000)),
    quotas.eventSourceConcurrency.limit,
  ];
  return table(
    [
      '`maximum_concurrency`',
      'all of them run after',
      'log-ins, all functions new',
      'reads of secrets, all new',
      'reads of secrets while busy',
      'reads of `origin/…` while one logs in',
      'of the 5,500/s of a prefix',
      'exports repeated when the session dies',
    ],
    concurrencies.map((functions) => [
      number(functions),
      duration((Math.max(0, functions - firstBatches) / quotas.eventSourceGrowth.limit) * 60),
      '1',
      number(2 * functions),
      `${number(functions / (secretFreshForMs / 1000))}/s`,
      `${number((functions - 1) * looksPerSecond)}/s`,
      percent(((functions - 1) * looksPerSecond) / quotas.s3Reads.limit),
      `at most ${number(functions)}`,
    ]),
  );
}
