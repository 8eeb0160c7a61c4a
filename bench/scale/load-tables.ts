import { quotas } from './quotas.ts';
import { origins } from './scenario.ts';
import { mean, quantile } from './statistics.ts';
import type { Study, Trial } from './study.ts';
import { duration, number, percent, table } from './words.ts';

/** Three loads of a Knosc that is as quick as usual, with the default `maximum_concurrency` where it is enough. */
export function loadTable(study: Study): string {
  const trials = [
    study.steady(10, 'usual', study.usual.maximumConcurrency),
    study.steady(1_000, 'usual', study.usual.maximumConcurrency),
    study.steady(100_000, 'usual'),
  ];
  return table(
    [
      'exports an hour',
      '`maximum_concurrency`',
      'of it busy',
      'in the queue, mean and 95 of 100',
      'to the end, half and 95 of 100',
      '201 at once',
      'open exports, mean and most',
      'api functions held by who waits',
      'looks at the record per export',
    ],
    trials.map(({ scenario, seen, usage }) => {
      const queued = seen.exports.map(({ askedAt, startedAt }) => startedAt - askedAt);
      const totals = seen.exports.map(({ askedAt, endedAt }) => endedAt - askedAt);
      return [
        number(scenario.exportsPerHour),
        number(scenario.maximumConcurrency),
        percent(seen.busyShare),
        `${duration(mean(queued))}, ${duration(quantile(queued, 0.95))}`,
        `${duration(quantile(totals, 0.5))}, ${duration(quantile(totals, 0.95))}`,
        percent(usage.createdShare),
        `${number(seen.meanOpenExports)}, ${number(seen.peakOpenExports)}`,
        number((scenario.exportsPerHour / 3_600) * usage.apiSeconds),
        number(usage.recordReads - 1),
      ];
    }),
  );
}

/** Which `maximum_concurrency` suits which load and which Knosc, and what comes of it. */
export function concurrencyTable(study: Study): string {
  return table(
    [
      'exports an hour',
      `quick: half in ${origins.quick.median} s, 95 of 100 in ${origins.quick.p95} s`,
      `usual: ${origins.usual.median} s, ${origins.usual.p95} s`,
      `slow: ${origins.slow.median} s, ${origins.slow.p95} s`,
    ],
    [10, 100, 1_000, 10_000, 100_000].map((load) => [
      number(load),
      cell(study.steady(load, 'quick')),
      cell(study.steady(load, 'usual')),
      cell(study.steady(load, 'slow')),
    ]),
  );
}

function cell({ scenario, seen, usage }: Trial): string {
  if (scenario.maximumConcurrency > quotas.eventSourceConcurrency.limit) {
    return `${number(scenario.maximumConcurrency)}: more than there can be`;
  }
  const queued = seen.exports.map(({ askedAt, startedAt }) => startedAt - askedAt);
  return `**${number(scenario.maximumConcurrency)}** (${percent(seen.busyShare)} busy, 95 of 100 begin in ${duration(quantile(queued, 0.95))}, ${percent(usage.createdShare)} 201)`;
}
