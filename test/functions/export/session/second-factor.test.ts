import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deadlineIn } from '../../../../functions/export/deadline.ts';
import { startOfTotpStep, totpCode, totpStepAt } from '../../../../functions/export/session/totp.ts';
import { type FleetAws, type FleetSecret, startFleetAws } from '../../../support/fleet.ts';
import {
  acceptSecondFactor,
  answerWith,
  type ScriptedOrigin,
  startScriptedOrigin,
} from '../../../support/scripted-origin.ts';

const totp_secret = 'JBSWY3DPEHPK3PXP';
const codeAsked = answerWith(200, '{"requires_2fa": true}');
const codeRefused = answerWith(401, '{"Message":"Invalid or expired TOTP code.","Code":"2FA.InvalidCode"}');

let fleet: FleetAws;
let origin: ScriptedOrigin;
let secret: FleetSecret;
let codes: unknown[];
let step: number;
let now: () => number;

beforeAll(async () => {
  fleet = await startFleetAws();
  origin = await startScriptedOrigin();
});

beforeEach(async () => {
  secret = await fleet.secretOf(account());
  origin.calls.length = 0;
  codes = [];
  origin.answerLogIn(codeAsked);
  answerCodes(acceptSecondFactor());
  beginBeforeTheEndOfAStep(1_500);
});

afterAll(async () => {
  await origin.close();
  await fleet.close();
});

const account = (password = 'p') => ({ base_url: origin.url, username: 'export', password, totp_secret });
const open = (of = secret) => of.instance({ now }).open(deadlineIn(60_000, now));

/** A clock that goes on by 20 ms whenever it is looked at, from so long before the end of a time step. */
function beginBeforeTheEndOfAStep(ms: number): void {
  step = totpStepAt(Date.now());
  let nowMs = startOfTotpStep(step + 1) - ms;
  now = () => (nowMs += 20);
}

function answerCodes(...answers: Parameters<ScriptedOrigin['answerSecondFactor']>[0][]): void {
  origin.answerSecondFactor((request, response) => {
    const body: unknown = origin.lastBodyOf('/api/verify-2fa');
    codes.push(typeof body === 'object' && body !== null ? Reflect.get(body, 'totp_code') : undefined);
    (answers.length > 1 ? answers.shift() : answers[0])?.(request, response);
  });
}

const codeOf = (of: number) => totpCode(totp_secret, of);

describe('a TOTP code', () => {
  test('is of the time step that was reserved before the log-in', async () => {
    await open();
    expect(codes).toEqual([codeOf(step)]);
    expect(await secret.state()).toEqual({ strikes: 0, session: expect.anything(), totp_step: step });
  });

  test('is never of a step that any of the fleet has used: the next log-in waits for the next step', async () => {
    const first = await open();
    const second = await secret.instance({ now }).replace(first, deadlineIn(60_000, now));
    expect(second.isNew).toBe(true);
    expect(codes).toEqual([codeOf(step), codeOf(step + 1)]);
  });

  test('is never of a step that was used under the version of the secret before', async () => {
    await open();
    await secret.put(account('new'));
    await open();
    expect(codes).toEqual([codeOf(step), codeOf(step + 1)]);
  });

  test('is never of a step that was used under the current version, where a pending one stands in for it', async () => {
    await open();
    const refusal = { code: 'credentials-unusable', title: 't', detail: 'refused' } as const;
    await secret.leave(() => ({ strikes: 1, totp_step: step, refusal }));
    await secret.putPending(account('next'));
    await open();
    expect(codes).toEqual([codeOf(step), codeOf(step + 1)]);
  });

  test('that was not sent leaves its step to the next log-in', async () => {
    origin.answerLogIn(answerWith(503, ''));
    await expect(open()).rejects.toMatchObject({ code: 'origin-busy' });
    const state = await secret.state();
    expect(state).toMatchObject({ strikes: 0 });
    expect(state).not.toHaveProperty('totp_step');
  });

  test('that may have been sent has used its step', async () => {
    answerCodes((request) => void request.socket.destroy());
    await expect(open()).rejects.toMatchObject({ code: 'origin-failed' });
    expect(await secret.state()).toMatchObject({ strikes: 1, totp_step: step });
  });

  test('is waited for no longer than the deadline', async () => {
    const first = await open();
    const before = origin.calls.length;
    beginBeforeTheEndOfAStep(10_000);
    const sessions = secret.instance({ now, timing: { leastLimitMs: 1 } });
    await expect(sessions.replace(first, deadlineIn(2_000, now))).rejects.toMatchObject({ code: 'origin-timeout' });
    expect(origin.calls).toHaveLength(before);
  });
});

describe('a refused TOTP code', () => {
  test('is a strike, and the code of the next step is tried', async () => {
    answerCodes(codeRefused, acceptSecondFactor());
    expect((await open()).isNew).toBe(true);
    expect(codes).toEqual([codeOf(step), codeOf(step + 1)]);
    expect(await secret.state()).toMatchObject({ strikes: 0 });
  });

  test('in two different steps ends all trying', async () => {
    answerCodes(codeRefused);
    const failure = { code: 'credentials-unusable', message: expect.stringContaining('totp_secret') };
    await expect(open()).rejects.toMatchObject(failure);
    await expect(open()).rejects.toMatchObject(failure);
    expect(codes).toEqual([codeOf(step), codeOf(step + 1)]);
    expect(await secret.state()).toMatchObject({ strikes: 2, refusal: { origin: { Code: '2FA.InvalidCode' } } });
  });

  test('is not tried again by a version that is only pending', async () => {
    await secret.leave((state) => ({
      ...state,
      strikes: 1,
      refusal: { code: 'credentials-unusable', title: 't', detail: 'refused' },
    }));
    const pending = await secret.putPending(account('next'));
    answerCodes(codeRefused);
    await expect(open()).rejects.toMatchObject({ message: 'refused' });
    await expect(open()).rejects.toMatchObject({ message: 'refused' });
    expect(codes).toHaveLength(1);
    expect(await secret.state(pending)).not.toHaveProperty('refusal');
  });
});
