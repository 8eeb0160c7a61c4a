import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import { proveCorpus } from '../support/corpus.ts';
import { judgeMutation } from '../support/judge-mutation.ts';
import { mutated, mutation } from '../support/mutations.ts';
import { prove } from '../support/prove.ts';

const seed = 20261126;
console.log(`seed ${seed}`);

const corpus = await proveCorpus();

test('10,000 flips and splices of workbooks by nine writers are refused or harmless', async () => {
  const verdicts = { refused: 0, harmless: 0, believed: 0, crashed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...corpus), mutation, async ({ bytes, facts }, change) => {
      const verdict = await judgeMutation(facts, mutated(bytes, change), 4096);
      verdicts[verdict] += 1;
      expect(['refused', 'harmless']).toContain(verdict);
    }),
    { seed, numRuns: 10_000 },
  );
  console.log(verdicts);
  expect(verdicts.refused).toBeGreaterThan(7000);
});

// One with data descriptors, one with ZIP64 fields, one with neither.
const shortened = corpus.filter(({ file }) => /^(hucre-stream|xlsxwriter-zip64|pyexcelerate)\./.test(file));

test.each(shortened)('$file is refused when it is shortened by any number of bytes', async ({ bytes }) => {
  expect(shortened).toHaveLength(3);
  for (let length = 0; length < bytes.length; length += 1) {
    await expect(prove(bytes.subarray(0, length)), `shortened to ${length}`).rejects.toThrow(ExportFailure);
  }
});
