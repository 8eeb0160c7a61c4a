import { expect, test } from 'vitest';
import { freedChunks, freeMemory } from '../../../functions/export/free-memory.ts';

test('the memory of bytes that fill their buffer is gone', () => {
  const bytes = new Uint8Array(1024);
  freeMemory(bytes);
  expect(bytes.byteLength).toBe(0);
});

test('bytes that share their buffer stay, and their neighbours too', () => {
  const whole = new Uint8Array(1024).fill(7);
  freeMemory(whole.subarray(1));
  freeMemory(whole.subarray(0, 1023));
  expect(whole.every((byte) => byte === 7)).toBe(true);
  expect(whole).toHaveLength(1024);
});

test('a chunk stays until the next one is asked for', async () => {
  const sent = [Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)];
  const chunks = freedChunks(asStream(sent));
  const first = await chunks.next();
  expect(first.value).toHaveLength(100_000);
  await chunks.next();
  expect(sent.map(({ length }) => length)).toEqual([0, 100_000]);
  await chunks.next();
  expect(sent.map(({ length }) => length)).toEqual([0, 0]);
});

async function* asStream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
