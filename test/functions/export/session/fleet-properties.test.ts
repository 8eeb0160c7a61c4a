import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simulateFleet, type SimulationPlan, type SimulationReport } from '../../../support/fleet-simulation.ts';

const seed = 20261124;

/** The longest row of bad log-ins of one version, as Knosc saw them; a good one ends it. */
function worstRow({ logIns }: SimulationReport, version: string): number {
  let row = 0;
  let worst = 0;
  for (const { verdict } of logIns.filter((logIn) => logIn.version === version)) {
    if (verdict === 'good') row = 0;
    if (verdict === 'bad') row += 1;
    worst = Math.max(worst, row);
  }
  return worst;
}

type Settings = Partial<Omit<SimulationPlan, 'draw'>>;

/** Runs many fleets, each from what fast-check draws; a counterexample is printed with its seed and path. */
async function check(settings: Settings, runs: number, holds: (report: SimulationReport) => void): Promise<void> {
  const property = fc.asyncProperty(fc.gen(), async (draws) => {
    const draw = (below: number) => draws(fc.nat, { max: below - 1 });
    const plan = { instances: 2 + draw(5), hasFaults: true, needsCode: draw(3) === 0, beginsRight: draw(2) === 0 };
    const pending = draw(200);
    const changed = pending + draw(200);
    const rotation = draw(2) === 0 ? undefined : ([pending, changed, changed + draw(200)] as const);
    const report = await simulateFleet({ draw, ...plan, rotation, ...settings });
    expect(report.violations).toEqual([]);
    expect(report.stuck).toBe(0);
    holds(report);
  });
  await fc.assert(property, { seed, numRuns: runs, endOnFailure: true });
}

describe('a fleet, whatever is interleaved, paused, killed or lost', () => {
  test('sends at most two log-ins of a version that were refused or whose outcome nobody knows, and ends every export', async () => {
    console.info(`fast-check seed ${seed}`);
    await check({}, 400, (report) => {
      expect(worstRow(report, 'v1')).toBeLessThanOrEqual(2);
      expect(worstRow(report, 'v2')).toBeLessThanOrEqual(2);
    });
  });

  test('ends every export well where nothing but time and order differ, with one log-in', async () => {
    await check({ hasFaults: false, beginsRight: true, rotation: undefined, needsCode: false }, 50, (report) => {
      expect(new Set(report.ends)).toEqual(new Set(['exported']));
      expect(report.logIns).toHaveLength(1);
    });
  });

  test('sends one log-in with a password that is wrong', async () => {
    await check({ hasFaults: false, beginsRight: false, rotation: undefined }, 50, (report) => {
      expect(new Set(report.ends)).toEqual(new Set(['credentials-unusable']));
      expect(report.logIns).toHaveLength(1);
    });
  });

  test('ends every export well through a rotation, and has at most one log-in refused', async () => {
    await check({ hasFaults: false, beginsRight: true, needsCode: false, rotation: [50, 100, 150] }, 100, (report) => {
      expect(new Set(report.ends)).toEqual(new Set(['exported']));
      expect(report.logIns.filter(({ verdict }) => verdict === 'bad').length).toBeLessThanOrEqual(1);
      expect(report.logIns.length).toBeLessThanOrEqual(3);
    });
  });
});
