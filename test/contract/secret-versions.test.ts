import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';
import { refusal } from './refusal.ts';

let endpoint: ContractEndpoint;
let secretsManager: SecretsManagerClient;

beforeAll(async () => {
  endpoint = await openEndpoint();
  secretsManager = new SecretsManagerClient({ ...endpoint.access, maxAttempts: 1 });
});

afterAll(() => endpoint.close());

const create = (SecretString: string, Name = freshName('secret')) =>
  secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
const get = (SecretId: string | undefined, more: object = {}) =>
  secretsManager.send(new GetSecretValueCommand({ SecretId, ...more }));
const put = (SecretId: string | undefined, SecretString: string, more: object = {}) =>
  secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString, ...more }));

describe('a secret', () => {
  clause('is found by its ARN and by a version, whose id is a UUID', async () => {
    const { ARN, VersionId } = await create('one');
    expect(VersionId).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    await put(ARN, 'two');
    expect(await get(ARN, { VersionId })).toMatchObject({ ARN, SecretString: 'one', VersionStages: ['AWSPREVIOUS'] });
  });

  clause('cannot be made twice', async () => {
    const { Name } = await create('one');
    expect(await refusal(create('two', Name))).toMatchObject({ name: 'ResourceExistsException', status: 400 });
  });

  clause('tells which labels its versions carry', async () => {
    const { Name, VersionId: first = '' } = await create('one');
    const { VersionId: second = '' } = await put(Name, 'two');
    const { VersionIdsToStages } = await secretsManager.send(new DescribeSecretCommand({ SecretId: Name }));
    expect(VersionIdsToStages).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'] });
  });

  clause('makes a pending version current when the label is moved', async () => {
    const { Name, VersionId: first } = await create('one');
    const { VersionId: second } = await put(Name, 'two', { VersionStages: ['AWSPENDING'] });
    const move = (RemoveFromVersionId: string | undefined) =>
      secretsManager.send(
        new UpdateSecretVersionStageCommand({
          SecretId: Name,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: second,
          RemoveFromVersionId,
        }),
      );
    expect(await refusal(move(undefined))).toMatchObject({ status: 400 });
    await move(first);
    expect(await get(Name)).toMatchObject({ SecretString: 'two' });
    expect(await get(Name, { VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one' });
  });

  clause('gives a pending version by its label, which stays on it when it becomes current', async () => {
    const { Name, VersionId: first } = await create('one');
    const { VersionId: second } = await put(Name, 'two', { VersionStages: ['AWSPENDING'] });
    const pending = () => get(Name, { VersionStage: 'AWSPENDING' });
    expect(await pending()).toMatchObject({ SecretString: 'two', VersionId: second });
    expect(await get(Name)).toMatchObject({ SecretString: 'one', VersionId: first });
    await secretsManager.send(
      new UpdateSecretVersionStageCommand({
        SecretId: Name,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: second,
        RemoveFromVersionId: first,
      }),
    );
    expect(await pending()).toMatchObject({ SecretString: 'two', VersionId: second });
    expect(await get(Name)).toMatchObject({ SecretString: 'two', VersionId: second });
  });

  clause('has no value for a label that no version carries', async () => {
    const { Name } = await create('one');
    const missing = get(Name, { VersionStage: 'AWSPENDING' });
    expect(await refusal(missing)).toMatchObject({ name: 'ResourceNotFoundException', status: 400 });
  });
});

describe('a caller', () => {
  clause('is told who it is', async () => {
    const identity = await new STSClient(endpoint.access).send(new GetCallerIdentityCommand());
    expect(identity).toMatchObject({
      Account: expect.stringMatching(/^\d{12}$/),
      Arn: expect.stringMatching(/^arn:aws:(iam|sts)::/),
    });
  });
});
