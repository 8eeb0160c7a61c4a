import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadlineIn } from '../../../../functions/export/deadline.ts';
import { sessionTiming } from '../../../../functions/export/session/lease.ts';
import type { OpenedSession } from '../../../../functions/export/session/rotation.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';
import { type KnoscSandbox, startKnosc } from '../../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../../sandbox/knosc/users.ts';
import { type FleetAws, type FleetSecret, startFleetAws } from '../../../support/fleet.ts';

let fleet: FleetAws;
let knosc: KnoscSandbox;

beforeAll(async () => {
  fleet = await startFleetAws();
  knosc = await startKnosc({ orders: 50 });
});

afterAll(async () => {
  await knosc.close();
  await fleet.close();
});

const logInPath = '/api/authenticate';
const accountOf = ({ username, password }: { username: string; password: string }) => ({
  base_url: knosc.url,
  username,
  password,
});

/** The calls of a path that Knosc has answered since, as their statuses. */
async function callsSince(before: number, path: string): Promise<readonly number[]> {
  const calls = (await knosc.calls()).slice(before);
  return calls.filter((call) => call.path === path).map(({ status }) => status);
}

const callCount = async () => (await knosc.calls()).length;
const codesOf = (ends: readonly PromiseSettledResult<OpenedSession>[]) => new Set(ends.map(codeOf));

function codeOf(end: PromiseSettledResult<OpenedSession>): string {
  if (end.status === 'fulfilled') return 'opened';
  const reason: unknown = end.reason;
  return reason instanceof ExportFailure ? reason.code : String(reason);
}

describe('a hundred instances', () => {
  const deadline = () => deadlineIn(60_000, Date.now);
  // A hundred that look every 40 ms would be one machine's whole work; they look as often as they do in AWS.
  const { pollMs } = sessionTiming;
  const hundred = (secret: FleetSecret) => Array.from({ length: 100 }, () => secret.instance({ timing: { pollMs } }));

  test('make one log-in; with the password changed at Knosc one refused one, and after a new secret one again', async () => {
    const { username, password } = seededUsers.full;
    const secret = await fleet.secretOf(accountOf(seededUsers.full));
    const instances = hundred(secret);
    const opened = await Promise.all(instances.map((sessions) => sessions.open(deadline())));
    expect(new Set(opened.map(({ session }) => session.id)).size).toBe(1);
    expect(await callsSince(0, logInPath)).toEqual([200]);

    await knosc.changePassword(username, 'changed');
    let before = await callCount();
    const replaceAll = () =>
      Promise.allSettled(
        instances.map((sessions, index) => {
          const dead = opened[index];
          return dead ? sessions.replace(dead, deadline()) : Promise.reject(new Error('it has none'));
        }),
      );
    expect(codesOf(await replaceAll())).toEqual(new Set(['credentials-unusable']));
    expect(await callsSince(before, logInPath)).toEqual([401]);
    expect(await callsSince(before, '/api/token-refresh')).toEqual([401]);

    before = await callCount();
    await secret.put(accountOf({ username, password: 'changed' }));
    expect(codesOf(await replaceAll())).toEqual(new Set(['opened']));
    expect(await callsSince(before, logInPath)).toEqual([200]);
    await knosc.changePassword(username, password);
  }, 60_000);

  test('with a wrong password make one refused log-in', async () => {
    const before = await callCount();
    const secret = await fleet.secretOf({ ...accountOf(seededUsers.procurement), password: 'wrong' });
    const ends = await Promise.allSettled(hundred(secret).map((sessions) => sessions.open(deadline())));
    expect(codesOf(ends)).toEqual(new Set(['credentials-unusable']));
    expect(await callsSince(before, logInPath)).toEqual([401]);
  }, 120_000);
});
