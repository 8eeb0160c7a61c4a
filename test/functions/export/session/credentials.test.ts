import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createKnoscSecret } from '../../../../functions/export/session/credentials.ts';
import { type AwsSandbox, startAws } from '../../../../sandbox/aws/start.ts';

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

const originPolicy = { namedHosts: [], allowsLoopback: false };

async function secretOf(text: string) {
  const secretId = `secret-${(lastName += 1)}`;
  const { VersionId: first } = await secretsManager.send(
    new CreateSecretCommand({ Name: secretId, SecretString: text }),
  );
  const secret = createKnoscSecret({ secretsManager, secretId, originPolicy, now: () => nowMs });
  const put = (SecretString: string, ...VersionStages: string[]) =>
    secretsManager.send(
      new PutSecretValueCommand({
        SecretId: secretId,
        SecretString,
        ...(VersionStages.length > 0 && { VersionStages }),
      }),
    );
  return { secretId, secret, first, put };
}

const good = { base_url: 'https://acme.knosc.com', username: 'u', password: 'hunter2', totp_secret: 'ABC' };
const withPassword = (password: string) => JSON.stringify({ ...good, password });

describe('the current credentials', () => {
  test("are the secret's, with its version and the checked address", async () => {
    const { secret } = await secretOf(JSON.stringify(good));
    expect(await secret.current(60_000)).toEqual({
      version: expect.stringMatching(/^[0-9a-f-]{36}$/),
      originAddress: 'https://acme.knosc.com',
      username: 'u',
      password: 'hunter2',
      totpSecret: 'ABC',
    });
  });

  test('are as old as the caller allows, and no older', async () => {
    const { secret, put } = await secretOf(JSON.stringify(good));
    const first = await secret.current(60_000);
    await put(withPassword('new'));
    nowMs = 59_999;
    expect(await secret.current(60_000)).toBe(first);
    nowMs = 60_000;
    const second = await secret.current(60_000);
    expect(second.password).toBe('new');
    expect(second.version).not.toBe(first.version);
    await put(withPassword('newer'));
    expect((await secret.current(0)).password).toBe('newer');
    expect((await secret.current(60_000)).password).toBe('newer');
  });
});

describe('the secret', () => {
  const readsSince = (before: number) =>
    aws
      .calls()
      .slice(before)
      .filter(({ operation }) => operation === 'GetSecretValue').length;

  test('is read once for many who ask at once', async () => {
    const { secret } = await secretOf(JSON.stringify(good));
    const before = aws.calls().length;
    const given = await Promise.all(Array.from({ length: 10 }, () => secret.current(60_000)));
    expect(new Set(given).size).toBe(1);
    expect(readsSince(before)).toBe(1);
  });

  test('is read again at once where reading it has failed', async () => {
    const { secret, put } = await secretOf('{}');
    await expect(secret.current(60_000)).rejects.toMatchObject({ code: 'credentials-unusable' });
    await put(JSON.stringify(good));
    expect((await secret.current(60_000)).password).toBe('hunter2');
  });
});

describe('in a rotation', () => {
  test('the pending version is read as it is now, and the one before is known by its id', async () => {
    const { secret, secretId, first, put } = await secretOf(withPassword('old'));
    expect([await secret.pending(), await secret.previousVersion()]).toEqual([undefined, undefined]);
    const { VersionId } = await put(withPassword('next'), 'AWSPENDING');
    expect(await secret.pending()).toMatchObject({ version: VersionId, password: 'next' });
    expect((await secret.current(0)).password).toBe('old');
    await secretsManager.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: VersionId,
        RemoveFromVersionId: first,
      }),
    );
    expect((await secret.current(0)).password).toBe('next');
    // AWS leaves the label on the version that has become current.
    expect((await secret.pending())?.version).toBe(VersionId);
    expect(await secret.previousVersion()).toBe(first);
  });

  test('a pending version that is half written is none', async () => {
    const { secret, put } = await secretOf(JSON.stringify(good));
    await put('{}', 'AWSPENDING');
    expect(await secret.pending()).toBeUndefined();
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
    ['a set-up key that is not base32', JSON.stringify({ ...good, totp_secret: 'hunter2!' }), 'totp_secret'],
  ])('with %s is credentials-unusable, naming the field and never a value', async (_name, text, field) => {
    const { secret } = await secretOf(text);
    const failure: unknown = await secret.current(0).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'credentials-unusable', message: expect.stringContaining(field) });
    expect(String(failure)).not.toMatch(/hunter2|12345/);
  });

  test('because it is missing is credentials-unusable too', async () => {
    const secret = createKnoscSecret({ secretsManager, secretId: 'missing', originPolicy, now: () => nowMs });
    await expect(secret.current(0)).rejects.toMatchObject({
      code: 'credentials-unusable',
      message: expect.stringContaining('ResourceNotFoundException'),
    });
  });
});
