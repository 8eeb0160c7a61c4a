import { describe, expect, test } from 'vitest';
import {
  type BillLine,
  billOf,
  dollarsAfterFree,
  keyDollars,
  totalDollars,
  transferDollars,
} from '../../../bench/scale/bill.ts';
import type { Usage } from '../../../bench/scale/usage.ts';
import { roundUsage } from '../../support/usage.ts';

const usage: Usage = { ...roundUsage, mebibytes: 1e9 / 2 ** 20 };

function named(bill: readonly BillLine[], name: string): BillLine {
  const line = bill.find((one) => one.name === name);
  if (line === undefined) throw new Error(`the bill has no line named ${name}`);
  return line;
}

describe('the bill of a million exports', () => {
  const bill = billOf({ exports: 1e6, usage });

  // Reckoned by hand from the usage above.
  test.each([
    ['Lambda, api function', 4e6, 53.3336],
    ['Lambda, export function', 3.5e6, 46.6669],
    ['Lambda, requests', 2e6, 0.4],
    ['HTTP API', 1e6, 1],
    ['SQS', 5_648_000, 2.2592],
    ['S3, writes', 6e6, 30],
    ['S3, reads', 10e6, 4],
    ['S3, workbooks kept', 1e6 * (8 / 30), 6_133.333],
    ['Secrets', 2, 0.8],
    ['EventBridge, events', 1e6, 1],
    ['EventBridge, schedules', 1e5, 0.1],
    ['Logs, written', 4.3, 2.15],
    ['Metrics', 15, 4.5],
    ['Alarms', 27, 2.7],
    ['Dashboard', 1, 3],
    ["Key of the alarms' topic", 1, 1],
  ])('has %s: %f units, $%f', (name, quantity, dollars) => {
    const line = named(bill, name);
    expect(line.quantity).toBeCloseTo(quantity, 4);
    expect(line.dollars).toBeCloseTo(dollars, 3);
  });

  test('is the sum of its lines, and less by what is free', () => {
    const total = bill.reduce((sum, { dollars }) => sum + dollars, 0);
    expect(totalDollars(bill)).toBeCloseTo(total, 10);
    // Lambda's million requests and 400,000 GB-s, SQS' million, 14 million schedules, 4.3 of 5 GB of logs, 10 metrics, 10 alarms, the dashboard, 100,000 traces.
    const free = 0.2 + 400_000 * 0.0000133334 + 0.4 + 0.1 + 2.15 + 3 + 1 + 3 + 0.5;
    expect(total - dollarsAfterFree(bill)).toBeCloseTo(free, 6);
  });

  test('with a customer key costs the key and few calls more', () => {
    const s3Calls = 1e6 * 16 * 0.01;
    const secretReads = named(bill, 'Secrets, reads').quantity;
    expect(keyDollars({ exports: 1e6, usage })).toBeCloseTo(1 + ((s3Calls + secretReads) / 10_000) * 0.03, 8);
  });
});

test('a quiet month pays for cold starts, and reads both secrets in each', () => {
  const bill = billOf({ exports: 1, usage });
  expect(named(bill, 'Lambda, export function').quantity).toBeCloseTo((7 + 1.5) / 2, 3);
  expect(named(bill, 'Secrets, reads').quantity).toBeCloseTo(2, 3);
});

// 15 metrics at $0.30: of 720 hours so many have an export, where exports come at random.
test.each([
  [0, 0],
  [1, 4.5 / 720],
  [300, 4.5 * (1 - Math.E ** (-300 / 720))],
  [1e6, 4.5],
])('metrics are paid for in the hours that have values: of %i exports $%f', (exports, dollars) => {
  expect(named(billOf({ exports, usage }), 'Metrics').dollars).toBeCloseTo(dollars, 4);
});

// 1 GB each; the answers of 2 kB are left out by having none.
test.each([
  [100, 0],
  [200, 9],
  [100 + 10_240, 921.6],
  [100 + 10_240 + 40_960, 921.6 + 3_481.6],
  [100 + 10_240 + 40_960 + 102_400 + 1_000, 921.6 + 3_481.6 + 7_168 + 50],
])('%i GB over the internet cost $%f', (gigabytes, dollars) => {
  expect(transferDollars({ exports: gigabytes, usage: { ...usage, httpCalls: 0 } })).toBeCloseTo(dollars, 6);
});
