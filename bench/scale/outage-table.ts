import { heldShareOfWaiting } from './looks.ts';
import { drainSeconds } from './overload.ts';
import { meanRunSeconds, type Outage, type Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import { concurrencyFor } from './staffing.ts';
import type { Study } from './study.ts';
import { duration, number, table } from './words.ts';

const hour = 3_600;
/** More exports than this are reckoned, not simulated: what takes minutes is in nobody's test. */
const mostSimulated = 50_000;

/** What an hour's outage does to exports, and how long it is felt after its end. */
interface Aftermath {
  readonly failed: number;
  readonly longestQueueSeconds: number;
  readonly peakQueued: number;
  readonly peakOpenExports: number;
  readonly drainSeconds: number;
}

/** An hour's outage of each kind at each load, simulated and by arithmetic. */
export function outageTable(study: Study, loads: readonly number[]): string {
  const kinds: readonly Outage['kind'][] = ['refuses', 'hangs', 'stops'];
  return table(
    [
      'exports an hour',
      '`maximum_concurrency`',
      'what is down for an hour',
      'failed',
      'in the queue at most',
      'most in the queue',
      'api functions held if all go on waiting',
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
  refuses: 'Knosc: it answers 503',
  hangs: 'Knosc: it takes calls and never answers',
  stops: 'the export function: none starts',
} as const satisfies Record<Outage['kind'], string>;

function rowOf(scenario: Scenario, kind: Outage['kind']): string[] {
  const reckoned = reckonedAftermath(scenario, kind);
  const simulated = simulatedAftermath(scenario, kind, reckoned);
  const shown = simulated ?? reckoned;
  return [
    number(scenario.exportsPerHour),
    number(scenario.maximumConcurrency),
    namesOfKinds[kind],
    number(Math.round(shown.failed)),
    duration(shown.longestQueueSeconds),
    number(Math.round(shown.peakQueued)),
    number(Math.round(shown.peakOpenExports * heldShareOfWaiting)),
    simulated ? duration(simulated.drainSeconds) : '(reckoned)',
    duration(reckoned.drainSeconds),
  ];
}

/** `undefined` where it would be too many exports. */
function simulatedAftermath(scenario: Scenario, kind: Outage['kind'], reckoned: Aftermath): Aftermath | undefined {
  const arrivalSeconds = 3 * hour + 2 * reckoned.drainSeconds;
  if ((arrivalSeconds / hour) * scenario.exportsPerHour > mostSimulated) return undefined;
  const outage = { kind, startsAtSeconds: hour, endsAtSeconds: 2 * hour };
  const seen = simulate({ ...scenario, outage, arrivalSeconds, warmUpSeconds: 0 });
  return {
    ...seen,
    failed: seen.exports.filter(({ isReady }) => !isReady).length,
    drainSeconds: (seen.drainedAtSeconds ?? Number.NaN) - outage.endsAtSeconds,
  };
}

/**
 * The same by arithmetic. A Knosc that hangs holds every function until its run's deadline, round after round; the last round
 * ends after the outage has. What is asked for meanwhile queues, and drains with what capacity is to spare.
 */
export function reckonedAftermath(scenario: Scenario, kind: Outage['kind']): Aftermath {
  const { maximumConcurrency, deadlineSeconds, exportsPerHour, deliverySeconds } = scenario;
  const askedPerSecond = exportsPerHour / hour;
  const runPerSecond = maximumConcurrency / meanRunSeconds(scenario);
  const rounds = kind === 'hangs' ? Math.ceil(hour / deadlineSeconds) : 0;
  const mostFailed = kind === 'refuses' ? Number.POSITIVE_INFINITY : rounds * maximumConcurrency;
  const failed = Math.min(mostFailed, exportsPerHour);
  const heldSeconds = failed < exportsPerHour ? Math.max(0, rounds * deadlineSeconds - hour) : 0;
  const peakQueued = Math.max(0, askedPerSecond * (hour + heldSeconds) - failed);
  return {
    failed,
    peakQueued,
    peakOpenExports: peakQueued + Math.min(maximumConcurrency, askedPerSecond * meanRunSeconds(scenario)),
    longestQueueSeconds: peakQueued > 0 ? hour + heldSeconds - failed / askedPerSecond : deliverySeconds,
    drainSeconds: peakQueued > 0 ? heldSeconds + drainSeconds(peakQueued, askedPerSecond, runPerSecond) : 0,
  };
}
