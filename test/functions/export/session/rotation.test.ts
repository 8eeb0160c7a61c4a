import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { deadlineIn } from '../../../../functions/export/deadline.ts';
import { type FleetAws, type FleetSecret, startFleetAws } from '../../../support/fleet.ts';
import { acceptLogIn, answerWith, type ScriptedOrigin, startScriptedOrigin } from '../../../support/scripted-origin.ts';

type Respond = Parameters<ScriptedOrigin['answerLogIn']>[0];

let fleet: FleetAws;
let origin: ScriptedOrigin;
let secret: FleetSecret;
/** The passwords of all log-ins so far, and what Knosc says to one. */
let tried: string[];
let answers: Record<string, Respond>;

beforeAll(async () => {
  fleet = await startFleetAws();
  origin = await startScriptedOrigin();
  const bodySchema = z.object({ password: z.string() });
  origin.answerLogIn((request, response) => {
    const { password } = bodySchema.parse(origin.lastBodyOf('/api/authenticate'));
    tried.push(password);
    (answers[password] ?? refused)(request, response);
  });
});

beforeEach(async () => {
  secret = await fleet.secretOf(account('current'));
  tried = [];
  answers = {};
});

afterAll(async () => {
  await origin.close();
  await fleet.close();
});

const account = (password: string) => ({ base_url: origin.url, username: 'export', password });
const refused = answerWith(401, '{"Message":"Invalid","Code":"User.InvalidCredentials"}');
const open = () => secret.instance().open(deadlineIn(60_000, Date.now));
const unusable = { code: 'credentials-unusable', message: expect.stringContaining('status 401') };

describe('while the current version is refused', () => {
  test('the pending one stands in for it, for all and for as long as it takes', async () => {
    const pending = await secret.putPending(account('next'));
    answers = { next: acceptLogIn() };
    const opened = await open();
    expect(opened).toMatchObject({ isNew: true, session: { secretVersion: pending } });
    expect(await open()).toEqual({ ...opened, isNew: false });
    await secret.promote(pending);
    expect(await open()).toEqual({ ...opened, isNew: false });
    expect(tried).toEqual(['current', 'next']);
  });

  test('a pending one that is refused too is tried no more, nor is any other: a third refusal would lock the account', async () => {
    const first = await secret.putPending(account('next'));
    await expect(open()).rejects.toMatchObject(unusable);
    await expect(open()).rejects.toMatchObject(unusable);
    await secret.putPending(account('other'));
    await expect(open()).rejects.toMatchObject(unusable);
    expect(tried).toEqual(['current', 'next']);
    expect(await secret.state(first)).toEqual({ strikes: 1 });
  });

  test('a refused pending one is tried once more when it has become current', async () => {
    const pending = await secret.putPending(account('next'));
    await expect(open()).rejects.toMatchObject(unusable);
    await secret.promote(pending);
    answers = { next: acceptLogIn() };
    expect((await open()).isNew).toBe(true);
    expect(tried).toEqual(['current', 'next', 'next']);
    expect(await secret.state()).toMatchObject({ strikes: 0 });
  });

  test('another pending one has its turn where the first was never refused', async () => {
    const first = await secret.putPending(account('next'));
    answers = { next: answerWith(503, ''), other: acceptLogIn() };
    await expect(open()).rejects.toMatchObject({ code: 'origin-busy' });
    expect(await secret.state(first)).toMatchObject({ strikes: 0 });
    const second = await secret.putPending(account('other'));
    expect((await open()).session.secretVersion).toBe(second);
    expect(tried).toEqual(['current', 'next', 'other']);
  });

  test('a pending one is not tried where the current one has two strikes already', async () => {
    await secret.leave((state) => ({ ...state, strikes: 2 }));
    await secret.putPending(account('next'));
    await expect(open()).rejects.toMatchObject({ code: 'credentials-unusable' });
    expect(tried).toEqual([]);
  });

  test('the label AWSPENDING on the current version itself means nothing', async () => {
    const pending = await secret.putPending(account('next'));
    await secret.promote(pending);
    await expect(open()).rejects.toMatchObject(unusable);
    expect(tried).toEqual(['next']);
    expect(await secret.state()).toMatchObject({ strikes: 1 });
  });
});

test('a log-in is not sent with a password that has been rotated away since it was read', async () => {
  const sessions = secret.instance();
  answers = { current: answerWith(503, ''), next: acceptLogIn() };
  await expect(sessions.open(deadlineIn(60_000, Date.now))).rejects.toMatchObject({ code: 'origin-busy' });
  await secret.leave(() => ({ strikes: 0 }));
  // More than a second after the secret was read, and less than the minute for which it is kept.
  let aheadMs = 0;
  const later = secret.instance({ now: () => Date.now() + aheadMs });
  await expect(later.open(deadlineIn(60_000, Date.now))).rejects.toMatchObject({ code: 'origin-busy' });
  await secret.leave(() => ({ strikes: 0 }));
  await secret.put(account('next'));
  aheadMs = 2_000;
  expect((await later.open(deadlineIn(120_000, Date.now))).session.secretVersion).toBe(secret.version());
  expect(tried).toEqual(['current', 'current', 'next']);
});
