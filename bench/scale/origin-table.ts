import { steadily } from './scenario.ts';
import { type Observations, simulate } from './simulate.ts';
import { mean } from './statistics.ts';
import type { Study } from './study.ts';
import { duration, number, percent, table } from './words.ts';

/** The example of a Knosc that bears only so much. */
const smallOriginCapacity = 10;

/** What `maximum_concurrency` does to a Knosc that runs only ten exports at once. */
export function originTable(study: Study): string {
  const load = { ...steadily(study.usual, 3_000, 20_000), originCapacity: smallOriginCapacity };
  const stopped = { kind: 'stops', startsAtSeconds: 3_600, endsAtSeconds: 7_200 } as const;
  return table(
    [
      '`maximum_concurrency`',
      'failed `origin-busy`',
      'calls of Knosc per export',
      'in the queue, mean',
      'to the end, mean',
      "failed of a backlog's hour",
    ],
    [8, 10, 12, 16, 24].map((maximumConcurrency) => {
      const seen = simulate({ ...load, maximumConcurrency });
      const { exports } = seen;
      const backlog = simulate({
        ...load,
        maximumConcurrency,
        outage: stopped,
        arrivalSeconds: 7_200,
        warmUpSeconds: 3_600,
      });
      return [
        number(maximumConcurrency),
        percent(failedShare(seen)),
        number(mean(exports.map(({ tries }) => tries))),
        duration(mean(exports.map(({ askedAt, startedAt }) => startedAt - askedAt))),
        duration(mean(exports.map(({ askedAt, endedAt }) => endedAt - askedAt))),
        percent(failedShare(backlog)),
      ];
    }),
  );
}

function failedShare({ exports }: Observations): number {
  return mean(exports.map(({ isReady }) => (isReady ? 0 : 1)));
}
