import { describe, expect, test } from 'vitest';
import { readCorpus } from '../../../support/corpus.ts';
import { prove } from '../../../support/prove.ts';

const corpus = await readCorpus();

test('the corpus has workbooks of nine writers', () => {
  expect(
    new Set(corpus.map(({ file }) => file.replace(/(-(stored|constant-memory|zip64)|(?<!write)-stream)?\.xlsx$/, '')))
      .size,
  ).toBe(9);
});

describe.each(corpus)('$file', ({ bytes, sheets }) => {
  test.each([1, 100, 1_000_000])(
    'is accepted in chunks of %i bytes, with its sheets, rows and header texts',
    async (chunkBytes) => {
      const { passed, facts } = await prove(bytes, { chunkBytes });
      expect(facts.sheets).toEqual(sheets);
      expect(passed.equals(bytes)).toBe(true);
    },
  );

  test('is judged alike on a thread of its own', async () => {
    const [here, there] = await Promise.all([prove(bytes), prove(bytes, { judged: 'in thread' })]);
    expect(there).toEqual(here);
  });
});
