import { expect, test } from 'vitest';
import type { Leases } from '../../../../functions/export/session/lease.ts';
import type { OriginState } from '../../../../functions/export/session/origin-state.ts';
import { createSeal } from '../../../../functions/export/session/seal.ts';
import { createOpenSharedSession, type SessionAsk } from '../../../../functions/export/session/shared-session.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';

const never = () => Promise.reject(new Error('this is not to be asked for'));

const ask: SessionAsk = {
  credentials: {
    version: 'v1',
    originAddress: 'https://acme.knosc.com',
    username: 'u',
    password: 'p',
    totpSecret: undefined,
  },
  refusedId: undefined,
  endsAtMs: () => 10_000,
  strikeLimit: 2,
  isPending: false,
  isSuperseded: () => Promise.resolve(false),
  usedTotpStep: never,
};

/** Everything but what a test is about. */
function dependenciesOf(state: OriginState, leases: Partial<Leases>) {
  let looks = 0;
  return {
    states: {
      read: () => {
        looks += 1;
        if (looks > 100) throw new Error('it goes on looking');
        return Promise.resolve({ etag: 'e', revision: 1, state });
      },
      write: never,
    },
    leases: { hasTime: () => true, take: never, withinLimit: never, settle: never, pause: never, ...leases },
    readSeal: () => Promise.resolve(createSeal('key', 'k1')),
    logIn: never,
    renew: never,
    now: () => 0,
    storeNow: () => 0,
  };
}

test("nobody looks at another's lease any more once the last one's deadline has passed", async () => {
  let nowMs = 0;
  const lease = { owner: 'another', purpose: 'log-in' as const, until: new Date(90_000).toISOString() };
  const pause = (atMostMs: number) => {
    nowMs += Math.min(atMostMs, 700);
    return Promise.resolve();
  };
  const now = () => nowMs;
  const open = createOpenSharedSession({
    ...dependenciesOf({ strikes: 1, lease }, { pause }),
    now,
    storeNow: now,
  });
  await expect(open(ask)).rejects.toMatchObject({ code: 'origin-timeout' });
  expect(nowMs).toBe(10_000);
});

test('a refusal that could not be written is not tried again by who knows of it', async () => {
  const state = { strikes: 0 };
  let logIns = 0;
  const open = createOpenSharedSession({
    ...dependenciesOf(state, {
      take: ({ found, secretVersion }) =>
        Promise.resolve({ secretVersion, written: found, before: state, endsAtMs: 90_000, limitEndMs: 30_000 }),
      withinLimit: (_held, _tooLate, run) => run(AbortSignal.timeout(1_000)),
      settle: () => Promise.reject(new ExportFailure('store-failed', 'S3 is away')),
    }),
    logIn: () => {
      logIns += 1;
      const failure = new ExportFailure('credentials-unusable', 'Knosc refused the log-in.');
      return Promise.resolve({ kind: 'refused', failure, isCodeSpent: false });
    },
  });
  expect(await open(ask)).toMatchObject({ refusal: { code: 'credentials-unusable' } });
  expect(logIns).toBe(1);
});
