import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError, notInThisSandbox } from './aws-error.ts';
import { createSecretVersions, type SecretVersions } from './secret-versions.ts';

interface SecretsManagerDependencies {
  readonly now: () => number;
  readonly region: string;
  readonly accountId: string;
}

interface Secret {
  readonly facts: { readonly ARN: string; readonly Name: string };
  readonly createdAtMs: number;
  readonly versions: SecretVersions;
}

// The token becomes the version's id; the SDK makes one where the caller gives none.
const token = z.string().min(32).max(64).default(randomUUID);
const secretId = z.string().min(1).max(2048);
const inputs = {
  create: z.strictObject({
    Name: z.string().regex(/^[\w/+=.@-]{1,512}$/),
    SecretString: z.string().max(65_536),
    ClientRequestToken: token,
    Description: z.string().optional(),
  }),
  get: z.strictObject({ SecretId: secretId, VersionId: z.string().optional(), VersionStage: z.string().optional() }),
  put: z.strictObject({
    SecretId: secretId,
    SecretString: z.string().max(65_536),
    ClientRequestToken: token,
    VersionStages: z.array(z.string().min(1)).min(1).max(20).default(['AWSCURRENT']),
  }),
  moveStage: z.strictObject({
    SecretId: secretId,
    VersionStage: z.string().min(1),
    RemoveFromVersionId: z.string().optional(),
    MoveToVersionId: z.string().optional(),
  }),
  describe: z.strictObject({ SecretId: secretId }),
};

/** AWS Secrets Manager, JSON 1.1: secrets of text, their versions and staging labels. */
export function createSecretsManager({ now, region, accountId }: SecretsManagerDependencies) {
  const secrets = new Map<string, Secret>();

  function find(id: string): Secret {
    const found = secrets.get(id) ?? [...secrets.values()].find(({ facts }) => facts.ARN === id);
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  const operations: Record<string, (input: unknown) => unknown> = {
    CreateSecret: (given) => {
      const { Name, SecretString, ClientRequestToken } = inputs.create.parse(given);
      if (secrets.has(Name)) {
        const message = `The operation failed because the secret ${Name} already exists.`;
        throw new AwsError('ResourceExistsException', message);
      }
      const suffix = randomBytes(3).toString('hex');
      const ARN = `arn:aws:secretsmanager:${region}:${accountId}:secret:${Name}-${suffix}`;
      const secret = { facts: { ARN, Name }, createdAtMs: now(), versions: createSecretVersions(now) };
      secret.versions.add(ClientRequestToken, SecretString, ['AWSCURRENT']);
      secrets.set(Name, secret);
      return { ...secret.facts, VersionId: ClientRequestToken };
    },
    GetSecretValue: (given) => {
      const { SecretId, VersionId, VersionStage } = inputs.get.parse(given);
      const { facts, versions } = find(SecretId);
      const { id, text, createdAtMs, stages } = versions.find(VersionId, VersionStage);
      const value = { SecretString: text, CreatedDate: createdAtMs / 1000 };
      return { ...facts, ...value, VersionId: id, VersionStages: [...stages] };
    },
    PutSecretValue: (given) => {
      const { SecretId, SecretString, ClientRequestToken, VersionStages } = inputs.put.parse(given);
      const { facts, versions } = find(SecretId);
      const { id, stages } = versions.add(ClientRequestToken, SecretString, VersionStages);
      return { ...facts, VersionId: id, VersionStages: [...stages] };
    },
    UpdateSecretVersionStage: (given) => {
      const { SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId } = inputs.moveStage.parse(given);
      const { facts, versions } = find(SecretId);
      versions.moveStage(VersionStage, RemoveFromVersionId, MoveToVersionId);
      return facts;
    },
    DescribeSecret: (given) => {
      const { facts, createdAtMs, versions } = find(inputs.describe.parse(given).SecretId);
      const labelled = versions.all().filter(({ stages }) => stages.size > 0);
      const VersionIdsToStages = Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]]));
      return { ...facts, CreatedDate: createdAtMs / 1000, VersionIdsToStages };
    },
  };

  return (operation: string, input: unknown): unknown => {
    const run = operations[operation];
    if (!run) throw notInThisSandbox(`Secrets Manager ${operation}`);
    return run(input);
  };
}
