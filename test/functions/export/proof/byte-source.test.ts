import { expect, test } from 'vitest';
import { createByteSource } from '../../../../functions/export/proof/byte-source.ts';

/** Gives every block in the same memory, which is overwritten when the next one is asked for. */
async function* reusing(...texts: string[]): AsyncGenerator<Buffer> {
  const memory = Buffer.alloc(100);
  for (const text of texts) yield memory.subarray(0, memory.write(text));
}

test('bytes that lie in several blocks are kept, though the blocks are overwritten', async () => {
  const source = createByteSource(reusing('abc', '', 'de', 'f'));
  expect(String(await source.peek(5))).toBe('abcde');
  source.skip(1);
  expect(source.position()).toBe(1);
  expect(String(await source.peek(100))).toBe('bcdef');
  expect(String(await source.ahead())).toBe('bcdef');
});

test('what lies ahead is the rest of a block, and nothing at the end', async () => {
  const source = createByteSource(reusing('abc', 'de'));
  source.skip((await source.peek(2)).length);
  expect(String(await source.ahead())).toBe('c');
  source.skip(1);
  expect(String(await source.ahead())).toBe('de');
  source.skip(2);
  expect(await source.ahead()).toHaveLength(0);
  expect(await source.peek(1)).toHaveLength(0);
  expect(source.position()).toBe(5);
});
