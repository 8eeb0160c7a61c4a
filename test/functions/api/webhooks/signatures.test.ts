import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { claimedSignature, isSigned } from '../../../../functions/api/webhooks/claimed-signature.ts';
import { type SignatureScheme, signatureSchema } from '../../../../functions/api/webhooks/signature-scheme.ts';
import { signingKey, UnusableSecret } from '../../../../functions/api/webhooks/signing-secret.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';

/** A delivery as its sender signed it. */
interface Delivery {
  readonly scheme: SignatureScheme;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly nowMs: number;
}

/** What is wrong with it; `undefined` where it is taken. */
function faultOf({ scheme, secret, headers, body, nowMs }: Delivery): string | undefined {
  try {
    const claimed = claimedSignature(scheme, headers, body, nowMs);
    return isSigned(claimed, [signingKey(scheme, secret)]) ? undefined : 'no signature matches';
  } catch (error) {
    if (error instanceof UnusableSecret || (error instanceof ExportFailure && error.code === 'signature-invalid')) {
      return error.message;
    }
    throw error;
  }
}

// libraries/javascript/src/index.test.ts of standard-webhooks/standard-webhooks, and its siblings in other languages.
const standard: Delivery = {
  scheme: { scheme: 'standard_webhooks' },
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
  body: Buffer.from('{"test": 2432232314}'),
  nowMs: 1_614_265_330_000,
};

// GitHub Docs, "Validating webhook deliveries", "Testing the webhook payload validation".
const github: Delivery = {
  scheme: signatureSchema.parse({ scheme: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' }),
  secret: "It's a Secret to Everybody",
  headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
  body: Buffer.from('Hello, World!'),
  nowMs: 0,
};

// Slack's documentation, "Verifying requests from Slack".
const slack: Delivery = {
  scheme: signatureSchema.parse({
    scheme: 'hmac',
    header: 'X-Slack-Signature',
    prefix: 'v0=',
    timestamp: { header: 'X-Slack-Request-Timestamp' },
    signed: 'v0:{timestamp}:{body}',
  }),
  secret: '8f742231b10e8888abcd99yyyzzz85a5',
  headers: {
    'x-slack-request-timestamp': '1531420618',
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  },
  body: Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  ),
  nowMs: 1_531_420_618_000,
};

function stripeDelivery(body = '{"id": "evt_1", "object": "event"}', timestamp = 1_492_774_577): Delivery {
  const secret = 'whsec_test_secret';
  const header = new Stripe('sk_test_x').webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  return {
    scheme: signatureSchema.parse({
      scheme: 'hmac',
      header: 'Stripe-Signature',
      prefix: 'v1=',
      timestamp: { prefix: 't=' },
    }),
    secret,
    headers: { 'stripe-signature': header },
    body: Buffer.from(body),
    nowMs: timestamp * 1000,
  };
}

const deliveries = [
  ["the Standard Webhooks specification's vector", standard],
  ["GitHub's published example", github],
  ["Slack's published example", slack],
  ["a header of Stripe's own package", stripeDelivery()],
] as const;

describe.each(deliveries)('%s', (_name, delivery) => {
  test('verifies', () => {
    expect(faultOf(delivery)).toBeUndefined();
  });

  /** Those of many changed deliveries that are taken all the same. */
  const takenOf = (changed: Iterable<Partial<Delivery>>) =>
    Array.from(changed).filter((changes) => faultOf({ ...delivery, ...changes }) === undefined);

  test('is refused after any change of one byte of its body', () => {
    const bodies = Array.from(delivery.body.keys()).flatMap((at) =>
      [1, 2, 4, 8, 16, 32, 64, 128].map((flip) => {
        const body = Buffer.from(delivery.body);
        body[at] = (body[at] ?? 0) ^ flip;
        return { body };
      }),
    );
    expect(bodies).toHaveLength(8 * delivery.body.length);
    expect(takenOf(bodies)).toEqual([]);
  });

  test('is refused after any change of one byte of a header: id, timestamp, signature', () => {
    for (const [header, text] of Object.entries(delivery.headers)) {
      const changed = changesOf(text).map((other) => ({ headers: { ...delivery.headers, [header]: other } }));
      expect(takenOf(changed)).toEqual([]);
    }
  });

  test('is refused with any other secret of one byte changed', () => {
    expect(takenOf(changesOf(delivery.secret).map((secret) => ({ secret })))).toEqual([]);
  });

  test('is refused where the body is longer or shorter', () => {
    for (const body of [Buffer.concat([delivery.body, Buffer.from(' ')]), delivery.body.subarray(1), Buffer.alloc(0)]) {
      expect(faultOf({ ...delivery, body })).toBeDefined();
    }
  });

  test('is refused without any one of its headers, by name', () => {
    for (const missing of Object.keys(delivery.headers)) {
      for (const headers of [without(delivery.headers, missing), { ...delivery.headers, [missing]: '' }]) {
        expect(faultOf({ ...delivery, headers })).toBe(`Missing header: ${missing}.`);
      }
    }
  });
});

function without(headers: Readonly<Record<string, string>>, name: string) {
  return Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));
}

/** Every text that differs in one character, the other one being any of ASCII and some beyond. */
function changesOf(text: string): readonly string[] {
  const characters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  return Array.from(text).flatMap((own, at) =>
    characters.filter((other) => other !== own).map((other) => `${text.slice(0, at)}${other}${text.slice(at + 1)}`),
  );
}

describe('the timestamp', () => {
  test.each([
    ['as old as is taken', 300, 'taken'],
    ['a second too old', 301, 'is 301 seconds old; at most 300 are taken'],
    ['as far ahead as is taken', -300, 'taken'],
    ['a second too far ahead', -301, 'is 301 seconds ahead of our clock; at most 300 are taken'],
  ])('is %s', (_name, seconds, words) => {
    for (const delivery of [standard, slack, stripeDelivery()]) {
      const found = faultOf({ ...delivery, nowMs: delivery.nowMs + seconds * 1000 });
      expect(found ?? 'taken').toContain(words);
    }
  });

  test.each([
    '',
    '1614265330.5',
    '+1614265330',
    '1614265330 ',
    '0x6037',
    '1614265330000',
    'now',
    '-1',
    '１６１４２６５３３０',
  ])('may not be written as %j', (timestamp) => {
    const headers = { ...standard.headers, 'webhook-timestamp': timestamp };
    expect(faultOf({ ...standard, headers })).toMatch(/webhook-timestamp/);
  });
});

describe('a Standard Webhooks signature', () => {
  const sign = (secret: string, { headers, body, nowMs }: Delivery) =>
    new Webhook(secret).sign(headers['webhook-id'] ?? '', new Date(nowMs), body.toString());
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const withSignature = (signature: string): Delivery => ({
    ...standard,
    headers: { ...standard.headers, 'webhook-signature': signature },
  });
  const right = standard.headers['webhook-signature'] ?? '';

  test.each([
    ['first', `${right} ${sign(other, standard)}`],
    ['last', `v1a,c2lnbmF0dXJl v2,x ${sign(other, standard)} ${right}`],
    ['between others', `v1, v1 , ${right} v1,`],
  ])('may be %s of several', (_name, signature) => {
    expect(faultOf(withSignature(signature))).toBeUndefined();
  });

  test.each([
    ['of another version', right.replace('v1', 'v1a'), 'no signature of version v1'],
    ['without a version', right.slice(3), 'no signature of version v1'],
    ['of another secret', sign(other, standard), 'no signature matches'],
    ['without its padding', right.slice(0, -1), 'no signature matches'],
    ['in hexadecimal', `v1,${Buffer.from(right.slice(3), 'base64').toString('hex')}`, 'no signature matches'],
    ['empty', 'v1,', 'no signature matches'],
  ])('%s is refused', (_name, signature, words) => {
    expect(faultOf(withSignature(signature))).toContain(words);
  });

  test('is over the bytes, also where they are no UTF-8', () => {
    const body = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const { 'webhook-id': id, 'webhook-timestamp': timestamp } = standard.headers;
    const digest = createHmac('sha256', signingKey(standard.scheme, standard.secret))
      .update(`${id}.${timestamp}.`)
      .update(body)
      .digest('base64');
    const delivery = { ...withSignature(`v1,${digest}`), body };
    expect(faultOf(delivery)).toBeUndefined();
    // As text, both were the same characters.
    expect(faultOf({ ...delivery, body: Buffer.from([0x7b, 0xfe, 0xff, 0x7d]) })).toBeDefined();
  });

  test.each(['msg.1', '', 'a b', 'ä', 'x'.repeat(256)])('has no id such as %j', (id) => {
    const headers = { ...standard.headers, 'webhook-id': id };
    expect(faultOf({ ...standard, headers })).toMatch(/webhook-id/);
  });

  test('of one delivery is not good for another that is cut apart otherwise', () => {
    const body = Buffer.from('1614265330.{"a":1}');
    const signature = sign(standard.secret, { ...standard, body });
    const genuine = { ...withSignature(signature), body };
    expect(faultOf(genuine)).toBeUndefined();
    const headers = { ...genuine.headers, 'webhook-id': `${standard.headers['webhook-id']}.1614265330` };
    expect(faultOf({ ...genuine, headers, body: Buffer.from('{"a":1}') })).toContain('without a full stop');
  });
});

describe('an HMAC signature', () => {
  const hmac = (algorithm: string, encoding: 'hex' | 'base64', ...pieces: string[]) =>
    createHmac(algorithm, 'key').update(pieces.join('')).digest(encoding);
  const delivery = (scheme: object, headers: Record<string, string>): Delivery => ({
    scheme: signatureSchema.parse({ scheme: 'hmac', header: 'x-signature', ...scheme }),
    secret: 'key',
    headers,
    body: Buffer.from('{}'),
    nowMs: 1_000_000_000_000,
  });

  test.each([
    [
      'of SHA-512 in base64',
      { algorithm: 'sha512', encoding: 'base64' },
      { 'x-signature': hmac('sha512', 'base64', '{}') },
    ],
    ['without a prefix', {}, { 'x-signature': hmac('sha256', 'hex', '{}') }],
    [
      'over a timestamp that stands behind the body',
      { timestamp: { header: 'x-time' }, signed: '{body}|{timestamp}' },
      { 'x-signature': hmac('sha256', 'hex', '{}|1000000000'), 'x-time': '1000000000' },
    ],
    [
      'that is one of several',
      { prefix: 'v1=' },
      { 'x-signature': `v0=1, v1=${hmac('sha256', 'hex', 'x')}, v1=${hmac('sha256', 'hex', '{}')}` },
    ],
  ])('%s verifies', (_name, scheme, headers) => {
    expect(faultOf(delivery(scheme, headers))).toBeUndefined();
  });

  test.each([
    ['in upper case', {}, { 'x-signature': hmac('sha256', 'hex', '{}').toUpperCase() }, 'no signature matches'],
    ['of another algorithm', {}, { 'x-signature': hmac('sha512', 'hex', '{}') }, 'no signature matches'],
    ['without its prefix', { prefix: 'v1=' }, { 'x-signature': hmac('sha256', 'hex', '{}') }, 'begins with "v1="'],
    [
      'with two timestamps',
      { prefix: 'v1=', timestamp: { prefix: 't=' } },
      { 'x-signature': `t=1000000000,t=1000000001,v1=${hmac('sha256', 'hex', '1000000000.{}')}` },
      'must have one timestamp',
    ],
    [
      'without a timestamp',
      { prefix: 'v1=', timestamp: { prefix: 't=' } },
      { 'x-signature': `v1=${hmac('sha256', 'hex', '.{}')}` },
      'must have one timestamp',
    ],
  ])('%s is refused', (_name, scheme, headers, words) => {
    expect(faultOf(delivery(scheme, headers))).toContain(words);
  });
});
