import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killAndCompare } from '../../support/kill/kill-and-compare.ts';

const kills = 4;

test('a sandbox killed at any moment keeps what it acknowledged, and of the rest all or nothing', {
  timeout: 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kill-'));
  const { answered, unanswered } = await killAndCompare(folder, 20_261_124, kills);
  expect(answered).toBeGreaterThan(kills * 5);
  expect(unanswered).toBeGreaterThan(kills);
  await rm(folder, { recursive: true });
});
