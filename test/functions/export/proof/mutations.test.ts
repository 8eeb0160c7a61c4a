import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';
import { proveCorpus } from '../../../support/corpus.ts';
import { judgeMutation } from '../../../support/judge-mutation.ts';
import { mutated, mutation } from '../../../support/mutations.ts';
import { prove } from '../../../support/prove.ts';
import { workbookParts } from '../../../support/workbook-parts.ts';
import { zipOf } from '../../../support/zips.ts';

const seed = 20261125;
console.log(`seed ${seed}`);

const corpus = await proveCorpus();
const chunkBytes = fc.constantFrom(7, 100, 4096, 1_000_000);

test('a workbook with a flipped byte, or a piece cut out, put in or copied over another, is refused or harmless', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...corpus), mutation, chunkBytes, async ({ bytes, facts }, change, size) => {
      expect(['refused', 'harmless']).toContain(await judgeMutation(facts, mutated(bytes, change), size));
    }),
    { seed, numRuns: 300 },
  );
});

test('a thread of its own says the same of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...corpus), mutation, chunkBytes, async ({ bytes, facts }, change, size) => {
      const spoiled = mutated(bytes, change);
      const [here, there] = await Promise.all(
        (['here', 'in thread'] as const).map((judged) => judgeMutation(facts, spoiled, size, judged)),
      );
      expect(there).toBe(here);
    }),
    { seed, numRuns: 200 },
  );
});

test('every flipped bit of a stored workbook is refused or harmless', async () => {
  const stored = zipOf(workbookParts().map((part) => ({ ...part, isDeflated: false })));
  const { facts } = await prove(stored);
  const verdicts = { refused: 0, harmless: 0, believed: 0, crashed: 0 };
  for (let at = 0; at < stored.length; at += 1) {
    const flipped = Buffer.from(stored);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    verdicts[await judgeMutation(facts, flipped, 4096)] += 1;
  }
  expect(verdicts).toMatchObject({ believed: 0, crashed: 0 });
  // Of an entry's 76 bytes of headers, 22 say nothing of its content: versions, times, attributes.
  expect(verdicts.harmless).toBeLessThan(workbookParts().length * 24);
});

test('noise is refused without a crash, also behind a local header', async () => {
  const header = zipOf(workbookParts()).subarray(0, 49);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), chunkBytes, async (noise, hasHeader, size) => {
      const bytes = hasHeader ? Buffer.concat([header, noise]) : noise;
      await expect(prove(bytes, { chunkBytes: size })).rejects.toThrow(ExportFailure);
    }),
    { seed, numRuns: 200 },
  );
});
