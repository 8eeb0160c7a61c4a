import { describe, expect, test } from 'vitest';
import type { MeasuredCalls } from '../../../bench/scale/measured-calls.ts';
import { meanRunSeconds, steadily, usualScenario } from '../../../bench/scale/scenario.ts';
import type { Observations, SimulatedExport } from '../../../bench/scale/simulate.ts';
import { concurrencyFor } from '../../../bench/scale/staffing.ts';
import { usageOf } from '../../../bench/scale/usage.ts';

const s3 = (operation: string, prefix: string) => ({ service: 's3', operation, prefix });
const sqs = (operation: string) => ({ service: 'sqs', operation, prefix: 'exports' });
const calls: MeasuredCalls = {
  create: [sqs('SendMessage'), s3('PutObject', 'exports'), s3('PutObject', 'requests')],
  run: [
    s3('GetObject', 'exports'),
    sqs('ChangeMessageVisibility'),
    s3('PutObject', 'exports'),
    s3('PutObject', 'workbooks'),
    s3('PutObject', 'exports'),
  ],
};
const scenario = usualScenario(calls);

function usageOfOne(one: Partial<SimulatedExport>, waits = true) {
  const whole = { askedAt: 0, startedAt: 1, endedAt: 2, isReady: true, tries: 1, mebibytes: 1, ...one };
  const seen: Observations = {
    exports: [whole],
    busyShare: 0,
    meanOpenExports: 0,
    peakOpenExports: 0,
    peakQueued: 0,
    longestQueueSeconds: 0,
    drainedAtSeconds: undefined,
  };
  return usageOf(scenario, seen, calls, { waits });
}

describe('what an export takes', () => {
  test('is the calls that were counted, a claim, and the message that Lambda receives and deletes', () => {
    const { writes, queueCalls, beats, runSeconds, httpCalls } = usageOfOne({});
    expect(writes).toEqual({ exports: 3, requests: 1, workbooks: 1, claims: 1 });
    expect({ queueCalls, beats, runSeconds, httpCalls }).toEqual({
      queueCalls: 4,
      beats: 0,
      runSeconds: 1,
      httpCalls: 1,
    });
  });

  test('is a write and a ChangeMessageVisibility more for each 5 s of its run', () => {
    const { writes, queueCalls, beats } = usageOfOne({ endedAt: 15.9 });
    expect({ exports: writes.exports, queueCalls, beats }).toEqual({ exports: 5, queueCalls: 6, beats: 2 });
  });

  test.each([
    ['up to a part', 8, true, 1],
    ['of a little more than a part', 8.001, true, 4],
    ['of eight parts', 64, true, 10],
    ['that failed', 0, false, 0],
  ])('is for a workbook %s so many writes', (_name, mebibytes, isReady, writes) => {
    expect(usageOfOne({ mebibytes, isReady }).writes.workbooks).toBe(writes);
  });

  test('is one look and no waiting for who hears of the end by an event', () => {
    const { recordReads, httpCalls, apiSeconds, createdShare } = usageOfOne({ endedAt: 1_000 }, false);
    expect({ recordReads, httpCalls, createdShare }).toEqual({ recordReads: 2, httpCalls: 2, createdShare: 0 });
    expect(apiSeconds).toBeLessThan(1);
  });
});

describe('maximum_concurrency', () => {
  test('is never less than 2, which is the least that an event source takes', () => {
    expect(concurrencyFor(steadily(scenario, 1))).toBe(2);
  });

  test('leaves a fifth of the functions free where there are many, and is the least that does', () => {
    const load = (100_000 / 3_600) * meanRunSeconds(scenario);
    const chosen = concurrencyFor(steadily(scenario, 100_000));
    expect(load / chosen).toBeLessThanOrEqual(0.8);
    expect(load / (chosen - 1)).toBeGreaterThan(0.8);
  });

  test('is more than that where few functions would let exports wait', () => {
    const load = (1_000 / 3_600) * meanRunSeconds(scenario);
    expect(concurrencyFor(steadily(scenario, 1_000))).toBeGreaterThan(Math.ceil(load / 0.8));
  });
});
