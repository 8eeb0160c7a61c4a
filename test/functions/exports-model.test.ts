import { expect, test } from 'vitest';
import { runExportsModel } from '../model/exports-model.ts';

const seed = 20_261_123;

test(`some five hundred random steps keep every promise of the ledger (seed ${seed})`, async () => {
  expect(await runExportsModel({ seed, runs: 25, commands: 60 })).toBeGreaterThan(500);
});
