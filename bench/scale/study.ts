import type { MeasuredCalls } from './measured-calls.ts';
import { type OriginName, origins, type Scenario, steadily, usualScenario } from './scenario.ts';
import { type Observations, simulate } from './simulate.ts';
import { concurrencyFor } from './staffing.ts';
import { type Usage, usageOf } from './usage.ts';

/** A scenario, what was seen of it, and what an export takes in it. */
export interface Trial {
  readonly scenario: Scenario;
  readonly seen: Observations;
  readonly usage: Usage;
}

/** All simulations behind the tables of docs/scale.md and docs/cost.md, each made when it is first asked for, and once. */
export interface Study {
  readonly usual: Scenario;
  /** A steady load of so many exports an hour; without a concurrency, with the one that suits it. */
  readonly steady: (exportsPerHour: number, origin: OriginName, maximumConcurrency?: number) => Trial;
  /** The same, of callers who do not wait. */
  readonly unwaiting: (exportsPerHour: number, origin: OriginName) => Usage;
}

export function createStudy(calls: MeasuredCalls): Study {
  const usual = usualScenario(calls);
  const trials = new Map<string, Trial>();

  function steady(exportsPerHour: number, origin: OriginName, maximumConcurrency?: number): Trial {
    const load = steadily({ ...usual, originSeconds: origins[origin] }, exportsPerHour);
    const scenario = { ...load, maximumConcurrency: maximumConcurrency ?? concurrencyFor(load) };
    const key = JSON.stringify(scenario);
    const known = trials.get(key);
    if (known) return known;
    const seen = simulate(scenario);
    const trial = { scenario, seen, usage: usageOf(scenario, seen, calls) };
    trials.set(key, trial);
    return trial;
  }

  return {
    usual,
    steady,
    unwaiting: (exportsPerHour, origin) => {
      const { scenario, seen } = steady(exportsPerHour, origin);
      return usageOf(scenario, seen, calls, { waits: false });
    },
  };
}
