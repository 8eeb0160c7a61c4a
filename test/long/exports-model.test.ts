import { expect, test } from 'vitest';
import { runExportsModel } from '../model/exports-model.ts';

// Another by hand: MODEL_SEED=1 npm run test:long -- exports-model
const seed = Number(process.env['MODEL_SEED'] ?? 4_711);

test(`ten thousand random steps keep every promise of the ledger (seed ${seed})`, async () => {
  expect(await runExportsModel({ seed, runs: 300, commands: 120 })).toBeGreaterThan(10_000);
});
