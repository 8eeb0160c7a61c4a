import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LocalExportProxy, startExportProxy } from '../../../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../../sandbox/knosc/users.ts';

const { username, password } = seededUsers.full;
const secretId = 'knosc/service-account';

let knosc: KnoscSandbox;
let proxy: LocalExportProxy;
let secretsManager: SecretsManagerClient;
let before: number;

beforeAll(async () => {
  knosc = await startKnosc({ orders: 50 });
});

beforeEach(async () => {
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password } });
  const { endpoint, region, credentials } = proxy.aws;
  secretsManager = new SecretsManagerClient({ endpoint, region, credentials });
  before = (await knosc.calls()).length;
  // So that there is a session, and every run below is one in the middle of its life.
  await exported();
});

afterEach(async () => {
  await proxy.close();
  await knosc.endPlays();
  await knosc.changePassword(username, password);
});

afterAll(() => knosc.close());

/** Makes an export that has to be good; what Knosc was asked for it. */
async function exported(): Promise<readonly string[]> {
  const created = await fetch(`${proxy.url}/exports/item_master`, { method: 'POST' });
  expect(await created.json()).toMatchObject({ status: 'ready', link: { url: expect.any(String) } });
  const calls = (await knosc.calls()).slice(before);
  before += calls.length;
  return calls.map(({ path, status }) => `${path.replace('/api/', '')} ${status}`);
}

const renewed = ['token-refresh 200', 'export-data 200'];

describe('an export is good, though in the middle of the run', () => {
  test('nothing happens', async () => {
    expect(await exported()).toEqual(['export-data 200']);
  });

  test('the session is taken for expired: 401', async () => {
    await knosc.play({ play: 'session-expired' });
    expect(await exported()).toEqual(['export-data 401', ...renewed]);
    expect(await exported()).toEqual(['export-data 200']);
  });

  test('the CSRF token is lost: 422', async () => {
    await knosc.play({ play: 'csrf-lost' });
    expect(await exported()).toEqual(['export-data 422', ...renewed]);
    expect(await exported()).toEqual(['export-data 200']);
  });

  test('the access token runs out, though our clock says that it should not', async () => {
    await knosc.advance(1_000);
    expect(await exported()).toEqual(['export-data 401', ...renewed]);
    expect(await exported()).toEqual(['export-data 200']);
  });

  test('the refresh token runs out too', async () => {
    await knosc.advance(90_000);
    expect(await exported()).toEqual(['export-data 401', 'token-refresh 401', 'authenticate 200', 'export-data 200']);
  });

  test('the password is changed at Knosc and then in the secret', async () => {
    await knosc.changePassword(username, 'second');
    await put('second', 'AWSCURRENT');
    expect(await exported()).toEqual(['export-data 401', 'authenticate 200', 'export-data 200']);
    expect(await exported()).toEqual(['export-data 200']);
  });

  test('a rotation takes its four steps, and an export runs between any two of them', async () => {
    const pending = await put('second', 'AWSPENDING');
    expect(await exported()).toEqual(['export-data 200']);
    await knosc.changePassword(username, 'second');
    expect(await exported()).toEqual([
      'export-data 401',
      'token-refresh 401',
      'authenticate 401',
      'authenticate 200',
      'export-data 200',
    ]);
    // The third step tests the new password; whoever exports meanwhile uses the session that the second step led to.
    expect(await exported()).toEqual(['export-data 200']);
    await promote(pending);
    expect(await exported()).toEqual(['export-data 200']);
    await knosc.play({ play: 'session-expired' });
    expect(await exported()).toEqual(['export-data 401', ...renewed]);
  });

  test('a rotation takes its steps with no export between them', async () => {
    const pending = await put('second', 'AWSPENDING');
    await knosc.changePassword(username, 'second');
    await promote(pending);
    expect(await exported()).toEqual(['export-data 401', 'authenticate 200', 'export-data 200']);
  });

  test('many are on their way at once when a rotation changes the password', async () => {
    await put('second', 'AWSPENDING');
    await knosc.changePassword(username, 'second');
    const exports = Array.from({ length: 5 }, () => fetch(`${proxy.url}/exports/item_master`, { method: 'POST' }));
    for (const created of await Promise.all(exports)) expect(created.status).toBe(201);
    const logIns = (await knosc.calls()).slice(before).filter(({ path }) => path === '/api/authenticate');
    expect(logIns.map(({ status }) => status)).toEqual([401, 200]);
  });
});

async function put(secretPassword: string, stage: string): Promise<string> {
  const SecretString = JSON.stringify({ base_url: knosc.url, username, password: secretPassword });
  const { VersionId = '' } = await secretsManager.send(
    new PutSecretValueCommand({ SecretId: secretId, SecretString, VersionStages: [stage] }),
  );
  return VersionId;
}

async function promote(pending: string): Promise<void> {
  const { VersionIdsToStages = {} } = await secretsManager.send(new DescribeSecretCommand({ SecretId: secretId }));
  const current = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes('AWSCURRENT'));
  await secretsManager.send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: pending,
      RemoveFromVersionId: current,
    }),
  );
}
