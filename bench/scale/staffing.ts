import { serversFor } from './erlang.ts';
import { meanRunSeconds, type Scenario, squaredRunVariation } from './scenario.ts';

/** What a well-chosen `maximum_concurrency` gives. */
export const aim = { longestWaitSeconds: 5, waitingShare: 0.05, busyShare: 0.8 } as const;

/**
 * The least `maximum_concurrency` with which 19 of 20 exports begin within 5 s, and a fifth of the functions is free on
 * average, so that a backlog ends. The event source's own least is 2.
 */
export function concurrencyFor(scenario: Scenario): number {
  const load = {
    arrivalsPerSecond: scenario.exportsPerHour / 3_600,
    meanServiceSeconds: meanRunSeconds(scenario),
    squaredVariation: squaredRunVariation(scenario),
  };
  const servers = serversFor({ longestWaitSeconds: aim.longestWaitSeconds, share: aim.waitingShare }, load);
  return Math.max(2, servers, Math.ceil((load.arrivalsPerSecond * load.meanServiceSeconds) / aim.busyShare));
}
