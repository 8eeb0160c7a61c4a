import { drainSeconds } from './overload.ts';
import { meanRunSeconds, type Outage, type Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import { concurrencyFor } from './staffing.ts';
import type { Study } from './study.ts';
import { duration, number, table } from './words.ts';

const hour = 3_600;
/** More exports than this are reckoned, not simulated: what takes minutes is in nobody's test. */
const mostSimulated = 50_000;

/** What an hour's outage does to the exports of that hour, and how long it is felt. */
export function outageTable(study: Study, loads: readonly number[]): string {
  const kinds: readonly Outage['kind'][] = ['refuses', 'hangs', 'stops'];
  return table(
    [
      'exports an hour',
      '`maximum_concurrency`',
      'what is down',
      'failed',
      'waited in the queue at most',
      'most in the queue',
      'queue empty again after',
      'by arithmetic',
    ],
    loads.flatMap((load) => {
      const scenario = { ...study.usual, exportsPerHour: load };
      const maximumConcurrency = Math.max(study.usual.maximumConcurrency, concurrencyFor(scenario));
      return kinds.map((kind) => rowOf({ ...scenario, maximumConcurrency }, kind));
    }),
  );
}

const namesOfKinds = {
  refuses: 'Knosc answers 503',
  hangs: 'Knosc takes calls and does not answer',
  stops: 'no export function runs',
} as const satisfies Record<Outage['kind'], string>;

function rowOf(scenario: Scenario, kind: Outage['kind']): string[] {
  const { exportsPerHour, maximumConcurrency } = scenario;
  const reckoned = reckonedDrainSeconds(scenario, kind);
  const beginning = [number(exportsPerHour), number(maximumConcurrency), namesOfKinds[kind]];
  const arrivalSeconds = 3 * hour + 2 * reckoned;
  if ((arrivalSeconds / hour) * exportsPerHour > mostSimulated)
    return [...beginning, '-', '-', '-', '-', duration(reckoned)];
  const outage = { kind, startsAtSeconds: hour, endsAtSeconds: 2 * hour };
  const seen = simulate({ ...scenario, outage, arrivalSeconds, warmUpSeconds: 0 });
  return [
    ...beginning,
    number(seen.exports.filter(({ isReady }) => !isReady).length),
    duration(seen.longestQueueSeconds),
    number(seen.peakQueued),
    duration((seen.drainedAtSeconds ?? Number.NaN) - outage.endsAtSeconds),
    duration(reckoned),
  ];
}

/** Of a Knosc that hangs, the calls taken last hold their functions until their deadline, on average half of it longer. */
export function reckonedDrainSeconds(scenario: Scenario, kind: Outage['kind']): number {
  if (kind === 'refuses') return 0;
  const askedPerSecond = scenario.exportsPerHour / hour;
  const runPerSecond = scenario.maximumConcurrency / meanRunSeconds(scenario);
  const heldSeconds = kind === 'hangs' ? scenario.deadlineSeconds / 2 : 0;
  const failed = kind === 'hangs' ? (scenario.maximumConcurrency * hour) / scenario.deadlineSeconds : 0;
  const backlog = Math.max(0, askedPerSecond * (hour + heldSeconds) - failed);
  return heldSeconds + drainSeconds(backlog, askedPerSecond, runPerSecond);
}
