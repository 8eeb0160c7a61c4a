import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError, notInThisSandbox } from './aws-error.ts';
import { createSecretVersions } from './secret-versions.ts';
import type { Store } from './store.ts';

interface SecretsManagerDependencies {
  readonly store: Store;
  readonly now: () => number;
  readonly region: string;
  readonly accountId: string;
}

const secretRow = z.object({ name: z.string(), arn: z.string(), createdAtMs: z.number() });
type Secret = Readonly<z.infer<typeof secretRow>>;

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
export function createSecretsManager({ store, now, region, accountId }: SecretsManagerDependencies) {
  const versions = createSecretVersions(store, now);
  const byNameOrArn = store.get('SELECT * FROM secrets WHERE ? IN (name, arn)', secretRow);
  const insert = store.run('INSERT OR IGNORE INTO secrets VALUES (?, ?, ?)');

  function find(id: string): Secret {
    const found = byNameOrArn(id);
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  const operations: Record<string, (input: unknown) => unknown> = {
    CreateSecret: (given) => {
      const { Name, SecretString, ClientRequestToken } = inputs.create.parse(given);
      const suffix = randomBytes(3).toString('hex');
      const ARN = `arn:aws:secretsmanager:${region}:${accountId}:secret:${Name}-${suffix}`;
      store.transaction(() => {
        if (insert(Name, ARN, now()) === 0) {
          const message = `The operation failed because the secret ${Name} already exists.`;
          throw new AwsError('ResourceExistsException', message);
        }
        versions.add(Name, ClientRequestToken, SecretString, ['AWSCURRENT']);
      });
      return { ARN, Name, VersionId: ClientRequestToken };
    },
    GetSecretValue: (given) => {
      const { SecretId, VersionId, VersionStage } = inputs.get.parse(given);
      const secret = find(SecretId);
      const { id, text, createdAtMs, stages } = versions.find(secret.name, VersionId, VersionStage);
      const value = { SecretString: text, CreatedDate: createdAtMs / 1000 };
      return { ...factsOf(secret), ...value, VersionId: id, VersionStages: stages };
    },
    PutSecretValue: (given) => {
      const { SecretId, SecretString, ClientRequestToken, VersionStages } = inputs.put.parse(given);
      const secret = find(SecretId);
      const { id, stages } = versions.add(secret.name, ClientRequestToken, SecretString, VersionStages);
      return { ...factsOf(secret), VersionId: id, VersionStages: stages };
    },
    UpdateSecretVersionStage: (given) => {
      const { SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId } = inputs.moveStage.parse(given);
      const secret = find(SecretId);
      versions.moveStage(secret.name, VersionStage, RemoveFromVersionId, MoveToVersionId);
      return factsOf(secret);
    },
    DescribeSecret: (given) => {
      const secret = find(inputs.describe.parse(given).SecretId);
      const labelled = versions.all(secret.name).filter(({ stages }) => stages.length > 0);
      const VersionIdsToStages = Object.fromEntries(labelled.map(({ id, stages }) => [id, stages]));
      return { ...factsOf(secret), CreatedDate: secret.createdAtMs / 1000, VersionIdsToStages };
    },
  };

  return {
    run: (operation: string, input: unknown): unknown => {
      const run = operations[operation];
      if (!run) throw notInThisSandbox(`Secrets Manager ${operation}`);
      return run(input);
    },
    /** Of a secret that is not there, the ARN that IAM is asked about has question marks for its random end. */
    arnOf: (id: string): string =>
      byNameOrArn(id)?.arn ??
      (id.startsWith('arn:') ? id : `arn:aws:secretsmanager:${region}:${accountId}:secret:${id}-??????`),
  };
}

function factsOf({ arn, name }: Secret) {
  return { ARN: arn, Name: name };
}
