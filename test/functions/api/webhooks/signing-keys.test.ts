import { createHmac } from 'node:crypto';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApiFunction } from '../../../../functions/api/api-function.ts';
import { createSigningKeys, type SigningKeys } from '../../../../functions/api/webhooks/signing-keys.ts';
import { type Webhook, webhookSchema } from '../../../../functions/api/webhooks/webhook.ts';
import { type AwsSandbox, startAws } from '../../../../sandbox/aws/start.ts';
import { lambdaContext } from '../../../../sandbox/lambda-context.ts';
import { standardHeaders } from '../../../support/webhook-sender.ts';
import { webhookEvent } from '../../../support/webhook-event.ts';
import { createResources, type FunctionEnvironment } from '../../../../sandbox/resources.ts';

const one = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const two = `whsec_${Buffer.alloc(64, 2).toString('base64')}`;

let aws: AwsSandbox;
let access: SecretsManagerClientConfig;
let secretsManager: SecretsManagerClient;
let nowMs: number;
let told: string[];
let keysOf: SigningKeys;

beforeAll(async () => {
  aws = await startAws();
  access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  secretsManager = new SecretsManagerClient(access);
});

afterAll(() => aws.close());

beforeEach(() => {
  nowMs = 1_000_000_000_000;
  told = [];
  keysOf = createSigningKeys({
    secretsManager: () => secretsManager,
    now: () => nowMs,
    reportUnusableSecret: (name, reason) => told.push(`${name} ${reason}`),
  });
});

let made = 0;

/** A webhook with a secret of its own. */
async function webhookWith(SecretString: string, changes: object = {}): Promise<Webhook> {
  const Name = `webhook-${(made += 1)}`;
  await secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
  return webhookSchema.parse({ secret: Name, export: { view_name: 'item_master' }, ...changes });
}

const put = ({ secret }: Webhook, SecretString: string) =>
  secretsManager.send(new PutSecretValueCommand({ SecretId: secret, SecretString }));
const reads = () => aws.calls().filter(({ operation }) => operation === 'GetSecretValue').length;
const bytesOf = async (...asked: Parameters<SigningKeys>) =>
  (await keysOf(...asked)).map((key) => [key.length, key[0]]);

describe('the keys of a webhook', () => {
  test.each([
    ['one text', one, [[24, 1]]],
    ['a list of one', JSON.stringify([one]), [[24, 1]]],
    [
      'a list of two',
      ` ${JSON.stringify([two, one])}`,
      [
        [64, 2],
        [24, 1],
      ],
    ],
  ])('are read from %s', async (_name, text, keys) => {
    expect(await bytesOf('w', await webhookWith(text), 60_000)).toEqual(keys);
  });

  test('of an HMAC are the very text, whatever it looks like', async () => {
    const signature = { scheme: 'hmac', header: 'x' };
    const texts = async (text: string) =>
      (await keysOf(text, await webhookWith(text, { signature }), 60_000)).map(String);
    expect(await texts('whsec_ü %')).toEqual(['whsec_ü %']);
    expect(await texts('["[a","{b"]')).toEqual(['[a', '{b']);
  });

  test.each([
    ['that is empty', '', 'is empty'],
    ['of an empty text', '[""]', 'is empty'],
    ['that ends with a line break', `${one}\n`, 'begins or ends with white space'],
    ['of JSON as the console makes it', JSON.stringify({ secret: one }), 'no list of one or two texts'],
    ['of three', JSON.stringify([one, two, one]), 'no list of one or two texts'],
    ['of none', '[]', 'no list of one or two texts'],
    ['of a list that is cut off', `["${one}"`, 'no list of one or two texts'],
    ['without its prefix', one.slice(6), 'is not whsec_ and then base64'],
    ['of the prefix alone', 'whsec_', 'is not whsec_ and then base64'],
    ['with what is no base64', `${one.slice(0, -1)}!`, 'is not whsec_ and then base64'],
    ['that is too short', `whsec_${Buffer.alloc(23).toString('base64')}`, 'has under 24 bytes'],
  ])('are not to be had of a secret %s; the log says why, the sender hears nothing', async (_name, text, reason) => {
    const failure = { code: 'webhook-secret-unusable', facts: expect.objectContaining({ retryAfterSeconds: 60 }) };
    const webhook = await webhookWith(text);
    await expect(keysOf('w', webhook, 60_000)).rejects.toMatchObject(failure);
    expect(told).toEqual([expect.stringMatching(new RegExp(`^w .*${reason}`))]);
    await expect(keysOf('w', webhook, 60_000)).rejects.not.toThrow(reason);
  });

  test('of a secret that is not there say so in the log', async () => {
    const webhook = webhookSchema.parse({ secret: 'nowhere', export: { view_name: 'item_master' } });
    await expect(keysOf('w', webhook, 60_000)).rejects.toMatchObject({ code: 'webhook-secret-unusable' });
    expect(told).toEqual(['w is not given by Secrets Manager (ResourceNotFoundException)']);
  });
});

describe('Secrets Manager', () => {
  test('is asked once a minute, and once by many at once', async () => {
    const webhook = await webhookWith(one);
    const before = reads();
    await Promise.all(Array.from({ length: 20 }, () => keysOf('w', webhook, 60_000)));
    nowMs += 59_999;
    await keysOf('w', webhook, 60_000);
    expect(reads() - before).toBe(1);
    await put(webhook, two);
    nowMs += 1;
    expect(await bytesOf('w', webhook, 60_000)).toEqual([[64, 2]]);
    expect(reads() - before).toBe(2);
  });

  test('is asked again for a signature that does not match after 10 s, and no sooner', async () => {
    const webhook = await webhookWith(one);
    await keysOf('w', webhook, 60_000);
    await put(webhook, two);
    nowMs += 9_999;
    expect(await bytesOf('w', webhook, 10_000)).toEqual([[24, 1]]);
    nowMs += 1;
    expect(await bytesOf('w', webhook, 10_000)).toEqual([[64, 2]]);
  });

  test('is asked for a secret that could not be used every 10 s, and tells it once each', async () => {
    const webhook = await webhookWith('');
    const before = reads();
    const ask = () => keysOf('w', webhook, 60_000).catch(() => undefined);
    await Promise.all([ask(), ask()]);
    nowMs += 9_999;
    await ask();
    expect([reads() - before, told.length]).toEqual([1, 1]);
    await put(webhook, one);
    nowMs += 1;
    expect(await bytesOf('w', webhook, 60_000)).toEqual([[24, 1]]);
  });
});

describe('keys that are known', () => {
  // Nobody listens there.
  const unreachable = () => new SecretsManagerClient({ ...access, endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
  let client: SecretsManagerClient;

  beforeEach(() => {
    client = secretsManager;
    keysOf = createSigningKeys({
      secretsManager: () => client,
      now: () => nowMs,
      reportUnusableSecret: (name, reason) => told.push(`${name} ${reason}`),
    });
  });

  test('stay good until they are a minute old where Secrets Manager cannot be reached', async () => {
    const webhook = await webhookWith(one);
    await keysOf('w', webhook, 60_000);
    client = unreachable();
    nowMs += 10_000;
    await expect(keysOf('w', webhook, 10_000)).rejects.toMatchObject({ code: 'webhook-secret-unusable' });
    expect(await bytesOf('w', webhook, 60_000)).toEqual([[24, 1]]);
    nowMs += 49_999;
    expect(await bytesOf('w', webhook, 60_000)).toEqual([[24, 1]]);
    nowMs += 1;
    await expect(keysOf('w', webhook, 60_000)).rejects.toMatchObject({ code: 'webhook-secret-unusable' });
    client = secretsManager;
    nowMs += 10_000;
    expect(await bytesOf('w', webhook, 60_000)).toEqual([[24, 1]]);
  });

  test('are not asked for again by every signature that does not match', async () => {
    const webhook = await webhookWith(one);
    await keysOf('w', webhook, 60_000);
    client = unreachable();
    nowMs += 10_000;
    const ask = () => keysOf('w', webhook, 10_000).catch(() => undefined);
    await Promise.all([ask(), ask()]);
    nowMs += 9_999;
    await ask();
    expect(told).toHaveLength(1);
    nowMs += 1;
    await ask();
    expect(told).toHaveLength(2);
  });

  test('are had at once while they are read anew', async () => {
    const webhook = await webhookWith(one);
    await keysOf('w', webhook, 60_000);
    await put(webhook, two);
    nowMs += 10_000;
    const anew = bytesOf('w', webhook, 10_000);
    expect(await bytesOf('w', webhook, 60_000)).toEqual([[24, 1]]);
    expect(await anew).toEqual([[64, 2]]);
    expect(await bytesOf('w', webhook, 60_000)).toEqual([[64, 2]]);
  });

  test.each<[string, (webhook: Webhook) => Promise<Webhook>]>([
    ['can no more be used', (webhook) => put(webhook, 'no key').then(() => webhook)],
    ['is gone', (webhook) => Promise.resolve({ ...webhook, secret: 'nowhere' })],
  ])('end when it is known that their secret %s', async (_name, end) => {
    const before = await webhookWith(one);
    await keysOf('w', before, 60_000);
    const webhook = await end(before);
    nowMs += 10_000;
    await expect(keysOf('w', webhook, 10_000)).rejects.toMatchObject({ code: 'webhook-secret-unusable' });
    await expect(keysOf('w', webhook, 60_000)).rejects.toMatchObject({ code: 'webhook-secret-unusable' });
  });
});

describe('the api function', () => {
  const vector = {
    'content-type': 'application/json',
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };

  let resources: FunctionEnvironment;

  beforeAll(async () => {
    resources = await createResources(aws, { base_url: 'http://127.0.0.1:1', username: 'u', password: 'p' }, 60);
  });

  function start(atMs: number | (() => number), webhooks: Record<string, Webhook>) {
    const environment = { ...resources, WEBHOOKS: JSON.stringify(webhooks) };
    const now = typeof atMs === 'number' ? () => atMs : atMs;
    const handler = createApiFunction(environment, { aws: access, now, writeLine: () => undefined });
    return (name: string, body: Buffer, isBase64Encoded: boolean, headers: Record<string, string>) => {
      const event = webhookEvent({ name, body, isBase64Encoded, headers, atMs: now() });
      return handler(event, lambdaContext('api', 30, aws.region, aws.accountId));
    };
  }

  test.each([false, true])("takes the specification's own vector (in base64: %s)", async (isBase64Encoded) => {
    const webhook = await webhookWith('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const name = `vector-${isBase64Encoded}`;
    const invoke = start(1_614_265_330_000, { [name]: webhook });
    const answer = await invoke(name, Buffer.from('{"test": 2432232314}'), isBase64Encoded, vector);
    expect(answer).toMatchObject({ statusCode: 202 });
    const late = start(1_614_265_630_999, { [name]: webhook });
    expect(await late(name, Buffer.from('{"test": 2432232314}'), isBase64Encoded, vector)).toMatchObject({
      statusCode: 202,
    });
    const tooLate = start(1_614_265_631_000, { [name]: webhook });
    expect(await tooLate(name, Buffer.from('{"test": 2432232314}'), isBase64Encoded, vector)).toMatchObject({
      statusCode: 401,
    });
  });

  test('takes a new secret 10 s after it has read the old one, and the old one no more', async () => {
    const webhook = await webhookWith(one);
    let clockMs = Date.now();
    const invoke = start(() => clockMs, { rotating: webhook });
    const statusWith = async (secret: string) =>
      (await invoke('rotating', Buffer.from('{}'), false, standardHeaders('{}', { secret, atMs: clockMs }))).statusCode;
    expect(await statusWith(one)).toBe(202);
    await put(webhook, two);
    clockMs += 9_999;
    expect([await statusWith(two), await statusWith(one)]).toEqual([401, 202]);
    clockMs += 1;
    expect([await statusWith(two), await statusWith(one)]).toEqual([202, 401]);
  });

  test('answers a redelivery after a change of the settings with the same export', async () => {
    const webhook = await webhookWith(one);
    const changed = { ...webhook, export: { view_name: 'unit_master', filters: { a: 1 } } };
    const deliver = async (declared: Webhook, body: string) => {
      const headers = standardHeaders(body, { secret: one, id: 'before-and-after' });
      return start(Date.now(), { moved: declared })('moved', Buffer.from(body), false, headers);
    };
    const first = await deliver(webhook, '{}');
    expect(first).toMatchObject({ statusCode: 202, body: expect.stringContaining('item_master') });
    expect(await deliver(changed, '{}')).toEqual(first);
    expect(await deliver(changed, '{ }')).toMatchObject({ statusCode: 422 });
  });

  test('checks the raw bytes, and then says that they are no UTF-8', async () => {
    const signature = { scheme: 'hmac', header: 'x-signature' };
    const webhook = await webhookWith('key', { signature });
    const invoke = start(Date.now(), { raw: webhook });
    const body = Buffer.from([0x22, 0xff, 0x22]);
    const right = createHmac('sha256', 'key').update(body).digest('hex');
    const headers = { 'content-type': 'application/json', 'x-signature': right };
    expect(await invoke('raw', body, true, headers)).toMatchObject({
      statusCode: 400,
      body: expect.stringContaining('must be JSON in UTF-8'),
    });
    expect(await invoke('raw', Buffer.from([0x22, 0xfe, 0x22]), true, headers)).toMatchObject({ statusCode: 401 });
  });

  test.each(['{', '{"a":{}}', '[]'])('does not start with %s for webhooks', (WEBHOOKS) => {
    const environment = { BUCKET_NAME: 'b', QUEUE_URL: 'q', LINK_ROLE_ARN: 'l', WEBHOOKS };
    expect(() => createApiFunction(environment)).toThrow(/JSON|expected/);
  });
});
