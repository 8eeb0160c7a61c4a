import { describe, expect, test } from 'vitest';
import { createTries } from '../../../functions/export/tries.ts';
import { ExportFailure } from '../../../functions/ledger/failure.ts';

type Repeat = ExportFailure['facts']['repeat'];

const failure = (repeat: Repeat, retryAfterSeconds?: number) =>
  new ExportFailure('origin-busy', 'Knosc is busy.', {
    ...(repeat && { repeat }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });

/** What came of a thing that fails in these ways, one after another, and then works. */
async function tried(failures: readonly unknown[], { random = 1, leftMs = 900_000 } = {}) {
  let nowMs = 1_000_000;
  const waits: number[] = [];
  const left = [...failures];
  let calls = 0;
  const tries = createTries({
    now: () => nowMs,
    random: () => random,
    sleep: (ms) => {
      waits.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
  });
  const deadline = { signal: new AbortController().signal, endsAtMs: nowMs + leftMs };
  const outcome = await tries(deadline, () => {
    calls += 1;
    return left.length > 0 ? Promise.reject(left.shift()) : Promise.resolve('done');
  }).catch((error: unknown) => error);
  return { outcome, calls, waits };
}

const later = failure('later');
const anotherSession = failure('with another session');
const final = failure(undefined);
const defect = new TypeError('a defect');

describe('tries', () => {
  test.each([
    ['nothing fails', [], 'done', 1, []],
    ['it is busy once', [later], 'done', 2, [2000]],
    ['it is busy twice', [later, later], 'done', 3, [2000, 8000]],
    ['it is busy three times', [later, later, later], later, 3, [2000, 8000]],
    ['the session has ended', [anotherSession], 'done', 2, [0]],
    ['the causes are mixed', [anotherSession, later, anotherSession], anotherSession, 3, [0, 8000]],
    ['a repeat would not help', [final], final, 1, []],
    ['a repeat would not help after one that did', [later, final], final, 2, [2000]],
    ['it is a defect', [defect], defect, 1, []],
  ])('where %s', async (_name, failures, outcome, calls, waits) => {
    expect(await tried(failures)).toEqual({ outcome, calls, waits });
  });

  test('wait a random part of their longest waits', async () => {
    expect((await tried([later, later], { random: 0.25 })).waits).toEqual([500, 2000]);
  });

  test('wait as long as Retry-After asks, and then their own wait, so that not all come back at once', async () => {
    expect((await tried([failure('later', 60)])).waits).toEqual([62_000]);
    expect((await tried([failure('later', 1)], { random: 0 })).waits).toEqual([1000]);
  });

  test('do not begin a wait that the deadline would end', async () => {
    const asked = failure('later', 60);
    expect(await tried([asked], { leftMs: 60_000, random: 0 })).toEqual({ outcome: asked, calls: 1, waits: [] });
    expect((await tried([asked], { leftMs: 60_001, random: 0 })).outcome).toBe('done');
  });
});
