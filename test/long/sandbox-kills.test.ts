import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killAndCompare } from '../support/kill/kill-and-compare.ts';

test.each([1, 2])('a sandbox killed 30 times keeps what it acknowledged (seed %i)', async (seed) => {
  const folder = await mkdtemp(join(tmpdir(), 'kills-'));
  const { answered, unanswered } = await killAndCompare(folder, seed, 30);
  console.log(`seed ${seed}: ${answered} calls answered, ${unanswered} left without an answer`);
  expect(unanswered).toBeGreaterThan(30);
  await rm(folder, { recursive: true });
});
