import { expect, test } from 'vitest';
import type { Leases } from '../../../../functions/export/session/lease.ts';
import { createSeal } from '../../../../functions/export/session/seal.ts';
import { createOpenSharedSession } from '../../../../functions/export/session/shared-session.ts';

const never = () => Promise.reject(new Error('nothing is to be sent'));
const credentials = {
  version: 'v1',
  originAddress: 'https://acme.knosc.com',
  username: 'u',
  password: 'p',
  totpSecret: undefined,
};

test("nobody looks at another's lease any more once the last one's deadline has passed", async () => {
  let nowMs = 0;
  let looks = 0;
  const lease = { owner: 'another', purpose: 'log-in' as const, until: new Date(90_000).toISOString() };
  const leases: Leases = {
    hasTime: () => true,
    take: never,
    withinLimit: never,
    settle: never,
    pause: (atMostMs) => {
      nowMs += Math.min(atMostMs, 700);
      return Promise.resolve();
    },
  };
  const open = createOpenSharedSession({
    states: {
      read: () => {
        looks += 1;
        if (looks > 100) throw new Error('it goes on looking');
        return Promise.resolve({ etag: 'e', revision: 1, state: { strikes: 1, lease } });
      },
      write: never,
    },
    leases,
    readSeal: () => Promise.resolve(createSeal('key', 'k1')),
    logIn: never,
    renew: never,
    now: () => nowMs,
    storeNow: () => nowMs,
  });
  const opened = open({
    credentials,
    refusedId: undefined,
    endsAtMs: () => 10_000,
    strikeLimit: 2,
    isPending: false,
    isSuperseded: never,
    usedTotpStep: never,
  });
  await expect(opened).rejects.toMatchObject({ code: 'origin-timeout' });
  expect(nowMs).toBe(10_000);
});
