import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { documentsWithTables } from '../../../bench/scale/documents.ts';
import { withTables } from '../../../bench/scale/included.ts';

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('docs/scale.md, docs/cost.md and the README', () => {
  test('have the tables that the simulation gives now; where not, that is known, and npm run scale writes them', async () => {
    const readStale = async (path: string) =>
      path === 'docs/cost.md' ? (await read(path)).replace('| 300 exports |', '| 301 exports |') : read(path);
    const documents = await documentsWithTables(readStale);
    expect(documents.map(({ path, isAsItWas }) => [path, isAsItWas])).toEqual([
      ['docs/scale.md', true],
      ['docs/cost.md', false],
      ['README.md', true],
    ]);
    for (const { path, text } of documents) {
      expect(text, path).toBe(await read(path));
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
      expect(text.match(/<!-- npm run scale: /g)?.length).toBe(text.match(/<!-- end -->/g)?.length);
    }
  });
});

describe('a document with markers', () => {
  const document = 'Before.\n\n<!-- npm run scale: one -->\nold\n<!-- end -->\n\nAfter $& $1.\n';

  test('gets its tables, and keeps everything else', () => {
    const written = withTables(document, { one: '| costs $1 |' });
    expect(written).toBe('Before.\n\n<!-- npm run scale: one -->\n\n| costs $1 |\n\n<!-- end -->\n\nAfter $& $1.\n');
    expect(withTables(written, { one: '| costs $1 |' })).toBe(written);
  });

  test.each([
    ['a table that there is not', {}, /no table for \[one\]/],
    ['no marker for a table', { one: '', two: '' }, /no marker for \[two\]/],
  ])('is refused with %s', (_name, tables, words) => {
    expect(() => withTables(document, tables)).toThrow(words);
  });
});
