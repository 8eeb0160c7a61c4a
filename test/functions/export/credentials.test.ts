import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createReadCredentials } from '../../../functions/export/credentials.ts';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

let aws: AwsSandbox;
let secretsManager: SecretsManagerClient;
let nowMs: number;
let lastName = 0;

beforeAll(async () => {
  aws = await startAws();
  secretsManager = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: aws.region,
    credentials: aws.credentials,
  });
});

beforeEach(() => {
  nowMs = 0;
});

afterAll(() => aws.close());

async function readerOf(secret: string) {
  const secretId = `secret-${(lastName += 1)}`;
  await secretsManager.send(new CreateSecretCommand({ Name: secretId, SecretString: secret }));
  const originPolicy = { namedHosts: [], allowsLoopback: false };
  return { secretId, read: createReadCredentials({ secretsManager, secretId, originPolicy, now: () => nowMs }) };
}

const good = { base_url: 'https://acme.knosc.com', username: 'u', password: 'hunter2', totp_secret: 'ABC' };

describe('the credentials', () => {
  test("are the secret's, with its version and the checked address", async () => {
    const { read } = await readerOf(JSON.stringify(good));
    expect(await read()).toEqual({
      version: expect.stringMatching(/^[0-9a-f-]{36}$/),
      originAddress: 'https://acme.knosc.com',
      username: 'u',
      password: 'hunter2',
      totpSecret: 'ABC',
    });
  });

  test('are read once a minute, so that a rotated secret is met soon', async () => {
    const { secretId, read } = await readerOf(JSON.stringify(good));
    const first = await read();
    await secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify({ ...good, password: 'new' }) }),
    );
    nowMs = 59_999;
    expect(await read()).toBe(first);
    nowMs = 60_000;
    const second = await read();
    expect(second.password).toBe('new');
    expect(second.version).not.toBe(first.version);
  });
});

describe('a secret that cannot be used', () => {
  test.each([
    ['no JSON', '{"password": "hunter2"', 'the whole value'],
    ['a list', '["hunter2"]', 'the whole value'],
    ['no user name', JSON.stringify({ ...good, username: undefined }), 'username'],
    ['an empty password', JSON.stringify({ ...good, password: '' }), 'password'],
    ['a number for a password', JSON.stringify({ ...good, password: 12_345 }), 'password'],
    ['a foreign address', JSON.stringify({ ...good, base_url: 'https://hunter2.example' }), 'base_url'],
  ])('with %s is credentials-unusable, naming the field and never a value', async (_name, secret, field) => {
    const { read } = await readerOf(secret);
    const failure: unknown = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'credentials-unusable', message: expect.stringContaining(field) });
    expect(String(failure)).not.toMatch(/hunter2|12345/);
  });

  test('because it is missing is credentials-unusable too', async () => {
    const originPolicy = { namedHosts: [], allowsLoopback: false };
    const read = createReadCredentials({ secretsManager, secretId: 'missing', originPolicy, now: () => nowMs });
    await expect(read()).rejects.toMatchObject({
      code: 'credentials-unusable',
      message: expect.stringContaining('ResourceNotFoundException'),
    });
  });
});
