import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { deadlineIn } from '../../../../functions/export/deadline.ts';
import type { OpenedSession } from '../../../../functions/export/session/rotation.ts';
import type { Sessions } from '../../../../functions/export/session/sessions.ts';
import { type FleetAws, type FleetSecret, startFleetAws } from '../../../support/fleet.ts';
import {
  acceptLogIn,
  acceptSecondFactor,
  answerWith,
  type ScriptedOrigin,
  startScriptedOrigin,
} from '../../../support/scripted-origin.ts';

let fleet: FleetAws;
let origin: ScriptedOrigin;
let secret: FleetSecret;

beforeAll(async () => {
  fleet = await startFleetAws();
  origin = await startScriptedOrigin();
});

beforeEach(async () => {
  secret = await fleet.secretOf(account());
  origin.calls.length = 0;
  origin.answerLogIn(acceptLogIn());
  origin.answerRenewal(answerWith(401, '{"msg":"Token has been revoked"}'));
});

afterAll(async () => {
  await origin.close();
  await fleet.close();
});

const account = (password = 'p') => ({ base_url: origin.url, username: 'export', password });
const logIn = 'POST /api/authenticate';
const renewal = 'POST /api/token-refresh';
const refused = answerWith(401, '{"Message":"Invalid","Code":"User.InvalidCredentials"}');
const broken: Parameters<ScriptedOrigin['answerLogIn']>[0] = (request) => void request.socket.destroy();

const openOf = (sessions: Sessions, limitMs = 60_000): Promise<OpenedSession> =>
  sessions.open(deadlineIn(limitMs, Date.now));
const replaceOf = (sessions: Sessions, opened: OpenedSession): Promise<OpenedSession> =>
  sessions.replace(opened, deadlineIn(60_000, Date.now));

/** Answers log-ins only when told to. */
function holdLogIns(): { release: () => void; isAsked: () => Promise<void> } {
  const held = Promise.withResolvers<void>();
  origin.answerLogIn((request, response) => void held.promise.then(() => acceptLogIn()(request, response)));
  return {
    release: held.resolve,
    isAsked: () => vi.waitFor(() => expect(origin.calls).toContain(logIn), { timeout: 10_000, interval: 10 }),
  };
}

const standsAtMs = Date.now();
/** An instance whose clocks stand still, so that what is left of a while does not depend on how fast this machine is. */
const standing = () => secret.instance({ now: () => standsAtMs });

/** Lets what is remembered for a while be over, as if the while had passed. */
const endCoolDown = () =>
  secret.leave(({ cool_down, ...state }) => ({
    ...state,
    ...(cool_down && { cool_down: { ...cool_down, until: new Date(0).toISOString() } }),
  }));

describe('the session of the fleet', () => {
  test('is one for many exports at once in one instance, and for the next', async () => {
    const sessions = secret.instance();
    const opened = await Promise.all(Array.from({ length: 20 }, () => openOf(sessions)));
    expect(new Set(opened.map(({ session }) => session.id)).size).toBe(1);
    expect(opened.every(({ isNew }) => isNew)).toBe(true);
    expect((await openOf(sessions)).isNew).toBe(false);
    expect(origin.calls).toEqual([logIn]);
  });

  test('costs a cold start two secrets and one GetObject, and no log-in', async () => {
    const { session } = await openOf(secret.instance());
    const before = fleet.aws.calls().length;
    const opened = await openOf(secret.instance());
    expect(opened).toEqual({ session, isNew: false });
    expect(
      fleet.aws
        .calls()
        .slice(before)
        .map(({ operation }) => operation),
    ).toEqual(['GetSecretValue', 'GetObject', 'GetSecretValue']);
    expect(origin.calls).toEqual([logIn]);
  });

  test('costs a warm instance nothing', async () => {
    const sessions = secret.instance();
    await openOf(sessions);
    const before = fleet.aws.calls().length;
    await openOf(sessions);
    expect(fleet.aws.calls()).toHaveLength(before);
  });

  test('cannot be read in S3: neither its cookies nor its tokens', async () => {
    origin.answerLogIn(acceptLogIn(900, 'secret-token'));
    await openOf(secret.instance());
    const stored = JSON.stringify(await secret.state());
    expect(stored).toContain('ciphertext');
    expect(stored).not.toMatch(/secret-token|access_token|csrf|refresh/);
  });

  test('is taken by whoever waited while another logged in', async () => {
    const held = holdLogIns();
    const first = openOf(secret.instance());
    await held.isAsked();
    const second = openOf(secret.instance());
    held.release();
    expect((await second).session).toEqual((await first).session);
    expect([(await first).isNew, (await second).isNew]).toEqual([true, false]);
    expect(origin.calls).toEqual([logIn]);
  });

  test('is none where the key has changed since, and the new one is read by all with the new key', async () => {
    const other = await startFleetAws();
    const own = await other.secretOf(account());
    const old = own.instance();
    const { session } = await openOf(old);
    await other.changeSessionKey();
    const { session: newer } = await openOf(own.instance());
    expect(newer.id).not.toBe(session.id);
    const replaced = await replaceOf(old, { session, isNew: false });
    expect(replaced.session).toEqual(newer);
    expect(origin.calls.filter((call) => call === logIn)).toHaveLength(2);
    await other.close();
  });
});

describe('a lease', () => {
  test('of a holder that died is taken over when it has ended, and a good log-in clears its strike', async () => {
    const until = new Date(Date.now() + 1_000).toISOString();
    await secret.leave((state) => ({ ...state, strikes: 1, lease: { owner: 'dead', purpose: 'log-in', until } }));
    expect((await openOf(secret.instance())).isNew).toBe(true);
    expect(await secret.state()).toEqual({ strikes: 0, session: expect.anything() });
    expect(origin.calls).toEqual([logIn]);
  });

  test.each([
    ['90 s, with much time', 600_000, 90_000],
    ['to the deadline, with little', 20_000, 20_000],
  ])('is written with its strike before the log-in is sent, and lasts %s', async (_name, limitMs, lengthMs) => {
    const held = holdLogIns();
    const startMs = Date.now();
    const opened = openOf(secret.instance(), limitMs);
    await held.isAsked();
    const { lease, strikes } = await secret.state();
    expect([lease?.purpose, strikes]).toEqual(['log-in', 1]);
    // S3's clock is known to a second.
    const untilMs = Date.parse(lease?.until ?? '');
    expect(untilMs - startMs).toBeGreaterThanOrEqual(lengthMs - 1_500);
    expect(untilMs - Date.now()).toBeLessThanOrEqual(lengthMs + 1_500);
    held.release();
    await opened;
    expect(await secret.state()).toEqual({ strikes: 0, session: expect.anything() });
  });

  test('is not taken where too little time is left for a log-in', async () => {
    await expect(openOf(secret.instance(), 8_000)).rejects.toMatchObject({ code: 'origin-timeout' });
    expect(origin.calls).toEqual([]);
    expect(await secret.state()).toEqual({ strikes: 0 });
  });

  test('whose log-in goes on past its limit gives a strike that stays', async () => {
    origin.answerLogIn(() => undefined);
    const sessions = secret.instance({ timing: { limitMs: 100, leastLimitMs: 100 } });
    await expect(openOf(sessions)).rejects.toMatchObject({ code: 'origin-timeout' });
    expect(await secret.state()).toMatchObject({ strikes: 1, cool_down: { problem: { code: 'origin-timeout' } } });
  });

  test('is given back into a state that an operator deleted meanwhile', async () => {
    const held = holdLogIns();
    const opened = openOf(secret.instance());
    await held.isAsked();
    await secret.deleteState();
    held.release();
    const { session } = await opened;
    expect(await secret.state()).toEqual({ strikes: 0, session: expect.anything() });
    expect(await openOf(secret.instance())).toEqual({ session, isNew: false });
  });
});

describe('the deadline', () => {
  test('of one export lets it go, while the log-in goes on for the others', async () => {
    const sessions = secret.instance();
    const held = holdLogIns();
    const patient = openOf(sessions);
    const hasty = sessions.open({ signal: AbortSignal.abort(), endsAtMs: Date.now() + 60_000 });
    await expect(hasty).rejects.toMatchObject({ code: 'origin-timeout' });
    await held.isAsked();
    held.release();
    expect((await patient).isNew).toBe(true);
    expect(origin.calls).toHaveLength(1);
  });

  test('may pass for all before the log-in fails', async () => {
    const sessions = secret.instance();
    origin.answerLogIn(answerWith(503, ''));
    const left = sessions.open({ signal: AbortSignal.abort(), endsAtMs: Date.now() + 60_000 });
    await expect(left).rejects.toMatchObject({ code: 'origin-timeout' });
    await vi.waitFor(async () => expect(await secret.state()).toHaveProperty('cool_down'), { timeout: 10_000 });
  });

  test('of the first export does not end the wait of one that joined it', async () => {
    const until = new Date(Date.now() + 2_000).toISOString();
    await secret.leave((state) => ({ ...state, lease: { owner: 'slow', purpose: 'log-in', until } }));
    const sessions = secret.instance();
    const hasty = openOf(sessions, 200);
    const patient = openOf(sessions);
    await expect(hasty).rejects.toMatchObject({ code: 'origin-timeout' });
    expect((await patient).isNew).toBe(true);
    expect(origin.calls).toEqual([logIn]);
  });

  test("ends the wait for another's lease", async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    await secret.leave((state) => ({ ...state, lease: { owner: 'slow', purpose: 'log-in', until } }));
    await expect(openOf(secret.instance(), 200)).rejects.toMatchObject({ code: 'origin-timeout' });
    expect(origin.calls).toEqual([]);
  });
});

describe('a refused log-in', () => {
  beforeEach(() => {
    origin.answerLogIn(refused);
  });

  test('is the only one of its version, in all instances', async () => {
    const sessions = secret.instance();
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => openOf(sessions)));
    expect(tries.every(({ status }) => status === 'rejected')).toBe(true);
    const failure = {
      code: 'credentials-unusable',
      message: expect.stringMatching(/status 401.*new version of the secret, or delete origin\/[\w-]+\.json/),
      facts: { origin: { status: 401, Code: 'User.InvalidCredentials' } },
    };
    await expect(openOf(sessions)).rejects.toMatchObject(failure);
    await expect(openOf(secret.instance())).rejects.toMatchObject(failure);
    expect(origin.calls).toEqual([logIn]);
  });

  test('is over at once when the secret has a new version', async () => {
    const sessions = secret.instance();
    await expect(openOf(sessions)).rejects.toMatchObject({ code: 'credentials-unusable' });
    await secret.put(account('new'));
    origin.answerLogIn(acceptLogIn());
    expect((await openOf(sessions)).isNew).toBe(true);
  });

  test('is over at once when an operator deletes the state', async () => {
    const sessions = secret.instance();
    await expect(openOf(sessions)).rejects.toMatchObject({ code: 'credentials-unusable' });
    await secret.deleteState();
    origin.answerLogIn(acceptLogIn());
    expect((await openOf(sessions)).isNew).toBe(true);
    expect((await openOf(secret.instance())).isNew).toBe(false);
  });
});

describe('a log-in whose outcome nobody knows', () => {
  test('is tried once more, after a while, and never a third time until an operator says so', async () => {
    origin.answerLogIn(broken);
    const sessions = standing();
    await expect(openOf(sessions)).rejects.toMatchObject({ code: 'origin-failed' });
    await expect(openOf(standing())).rejects.toMatchObject({
      code: 'origin-failed',
      facts: { retryAfterSeconds: 30 },
    });
    expect(origin.calls).toHaveLength(1);
    await endCoolDown();
    await expect(openOf(sessions)).rejects.toMatchObject({ code: 'credentials-unusable' });
    await endCoolDown();
    const last = {
      code: 'credentials-unusable',
      message: expect.stringMatching(
        /2 log-ins in a row.*The last one: The connection to Knosc broke.*delete origin\//,
      ),
    };
    await expect(openOf(sessions)).rejects.toMatchObject(last);
    await expect(openOf(secret.instance())).rejects.toMatchObject(last);
    expect(origin.calls).toEqual([logIn, logIn]);

    origin.answerLogIn(acceptLogIn());
    await secret.deleteState();
    expect((await openOf(sessions)).isNew).toBe(true);
  });

  test('is forgotten when the next one is good', async () => {
    origin.answerLogIn(broken);
    await expect(openOf(secret.instance())).rejects.toMatchObject({ code: 'origin-failed' });
    await endCoolDown();
    origin.answerLogIn(acceptLogIn());
    await openOf(secret.instance());
    expect(await secret.state()).toEqual({ strikes: 0, session: expect.anything() });
  });

  test('and a refused one make two', async () => {
    await secret.leave((state) => ({ ...state, strikes: 1 }));
    origin.answerLogIn(answerWith(404, '<html>'));
    await expect(openOf(secret.instance())).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect(await secret.state()).toMatchObject({ strikes: 2 });
  });
});

describe('a log-in that says nothing of the credentials', () => {
  test.each([
    ['locked', answerWith(423, '', { 'retry-after': '120' }), 'origin-locked', 120],
    ['429', answerWith(429, '', { 'retry-after': '3' }), 'origin-busy', 3],
    ['503', answerWith(503, ''), 'origin-busy', 1],
    ['500', answerWith(500, ''), 'origin-failed', 1],
    ['a page', answerWith(200, '<html>', { 'content-type': 'text/html' }), 'origin-failed', 1],
    ['a second factor', answerWith(200, '{"requires_2fa": true}'), 'second-factor-needed', undefined],
    ['a first sign-in', answerWith(200, '{"first_signin": true}'), 'first-sign-in-needed', undefined],
  ])('(%s) is no strike, and cools the whole fleet down', async (_name, answer, code, seconds) => {
    origin.answerLogIn(answer);
    const cooled = { code, facts: expect.toSatisfy(({ retryAfterSeconds }) => retryAfterSeconds === seconds) };
    await expect(openOf(standing())).rejects.toMatchObject(cooled);
    await expect(openOf(standing())).rejects.toMatchObject(cooled);
    expect(origin.calls).toEqual([logIn]);
    expect(await secret.state()).toMatchObject({ strikes: 0, cool_down: { failures: 1 } });
  });

  test('cools it down for twice as long each time, up to five minutes, until one is good', async () => {
    origin.answerLogIn(answerWith(503, ''));
    const lengths: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      await expect(openOf(standing())).rejects.toMatchObject({ code: 'origin-busy' });
      const { cool_down } = await secret.state();
      lengths.push((Date.parse(cool_down?.until ?? '') - standsAtMs) / 1000);
      await endCoolDown();
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    origin.answerLogIn(acceptLogIn());
    await openOf(secret.instance());
    expect(await secret.state()).not.toHaveProperty('cool_down');
  });
});

describe('near its end a session', () => {
  let nowMs: number;
  let sessions: Sessions;
  let opened: OpenedSession;
  const now = () => nowMs;
  const open = (of = sessions) => of.open(deadlineIn(60_000, now));

  beforeEach(async () => {
    nowMs = Date.now();
    sessions = secret.instance({ now });
    opened = await open();
    origin.answerRenewal(acceptLogIn(900, 'renewed'));
    origin.calls.length = 0;
    nowMs = opened.session.endsAtMs - 59_000;
  });

  test('is renewed without a log-in, for all', async () => {
    const renewed = await open();
    expect(renewed).toMatchObject({ isNew: false, session: { csrfToken: 'csrf-renewed' } });
    expect(await open(secret.instance({ now }))).toEqual(renewed);
    expect(await open()).toEqual(renewed);
    expect(origin.calls).toEqual([renewal]);
    expect(await secret.state()).toMatchObject({ strikes: 0 });
  });

  test('is used by the others while one renews it', async () => {
    const held = Promise.withResolvers<void>();
    origin.answerRenewal((request, response) => void held.promise.then(() => acceptLogIn()(request, response)));
    const renewing = open();
    await vi.waitFor(() => expect(origin.calls).toEqual([renewal]), { timeout: 10_000, interval: 10 });
    expect((await secret.state()).lease?.purpose).toBe('renewal');
    expect(await open()).toEqual({ ...opened, isNew: false });
    expect(await open(secret.instance({ now }))).toEqual({ ...opened, isNew: false });
    held.resolve();
    expect((await renewing).session.id).not.toBe(opened.session.id);
    expect(origin.calls).toEqual([renewal]);
  });

  test('is used on where Knosc has no time to renew it, and asked for again after a while', async () => {
    origin.answerRenewal(answerWith(503, ''));
    expect(await open()).toEqual({ ...opened, isNew: false });
    expect(await open()).toEqual({ ...opened, isNew: false });
    expect(origin.calls).toEqual([renewal]);
    nowMs += 3_000;
    await open();
    expect(origin.calls).toEqual([renewal, renewal]);
    nowMs = opened.session.endsAtMs - 14_000;
    await endCoolDown();
    await expect(open()).rejects.toMatchObject({ code: 'origin-busy' });
  });

  test('makes way for a log-in where its renewal is refused', async () => {
    origin.answerRenewal(answerWith(401, '{"msg":"Token has expired"}'));
    expect((await open()).isNew).toBe(true);
    expect(origin.calls).toEqual([renewal, logIn]);
  });

  test('is used on where there is no time for a lease', async () => {
    expect(await sessions.open(deadlineIn(5_000, now))).toEqual({ ...opened, isNew: false });
    expect(origin.calls).toEqual([]);
  });

  test('is used on while a log-in that takes its place is under way, where it cannot be renewed', async () => {
    const withoutRefresh = await fleet.secretOf(account());
    origin.answerLogIn(acceptSecondFactor());
    const own = withoutRefresh.instance({ now });
    nowMs = Date.now();
    const first = await open(own);
    nowMs = first.session.endsAtMs - 59_000;
    const held = holdLogIns();
    origin.calls.length = 0;
    const second = open(own);
    await held.isAsked();
    expect(await open(withoutRefresh.instance({ now }))).toEqual({ ...first, isNew: false });
    held.release();
    expect((await second).isNew).toBe(true);
    expect(origin.calls).toEqual([logIn]);
  });
});

describe('a session that the origin refuses', () => {
  test("is replaced by the fleet's newer one, where there is one", async () => {
    const [one, other] = [secret.instance(), secret.instance()];
    const dead = await openOf(one);
    await openOf(other);
    origin.answerRenewal(acceptLogIn(900, 'renewed'));
    const newer = await replaceOf(one, dead);
    expect(newer).toMatchObject({ isNew: false, session: { csrfToken: 'csrf-renewed' } });
    expect(await replaceOf(other, dead)).toEqual(newer);
    expect(await openOf(other)).toEqual(newer);
    expect(origin.calls).toEqual([logIn, renewal]);
  });

  test('by many at once is renewed once, and where that is refused one log-in follows', async () => {
    const instances = Array.from({ length: 10 }, () => secret.instance());
    const opened = await Promise.all(instances.map((sessions) => openOf(sessions)));
    origin.calls.length = 0;
    const replaced = await Promise.all(
      instances.flatMap((sessions, index) => {
        const dead = opened[index];
        return dead ? [replaceOf(sessions, dead), replaceOf(sessions, dead)] : [];
      }),
    );
    expect(new Set(replaced.map(({ session }) => session.id)).size).toBe(1);
    expect(origin.calls).toEqual([renewal, logIn]);
  });

  test('is not taken from memory again', async () => {
    const sessions = secret.instance();
    const dead = await openOf(sessions);
    origin.answerLogIn(refused);
    await expect(replaceOf(sessions, dead)).rejects.toMatchObject({ code: 'credentials-unusable' });
    await expect(openOf(sessions)).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect(origin.calls).toEqual([logIn, renewal, logIn]);
  });

  test('and cannot be renewed is left to nobody while a log-in takes its place, nor after that was refused', async () => {
    origin.answerLogIn(acceptSecondFactor());
    const sessions = secret.instance();
    const dead = await openOf(sessions);
    origin.answerLogIn(refused);
    await expect(replaceOf(sessions, dead)).rejects.toMatchObject({ code: 'credentials-unusable' });
    await expect(openOf(secret.instance())).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect(await secret.state()).not.toHaveProperty('session');
    expect(origin.calls).toEqual([logIn, logIn]);
  });

  test('is replaced under the new version where the secret was rotated, though the old one was read just now', async () => {
    const sessions = secret.instance();
    const dead = await openOf(sessions);
    await secret.put(account('new'));
    const { session } = await replaceOf(sessions, dead);
    expect(session.secretVersion).toBe(secret.version());
    expect(origin.lastBodyOf('/api/authenticate')).toMatchObject({ password: 'new' });
    expect(origin.calls).toEqual([logIn, logIn]);
  });
});
