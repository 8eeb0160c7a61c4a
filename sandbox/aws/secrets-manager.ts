import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError, notInThisSandbox } from './aws-error.ts';

interface SecretsManagerDependencies {
  readonly now: () => number;
  readonly region: string;
  readonly accountId: string;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly versions: Map<string, { readonly text: string; readonly createdAtMs: number; stages: Set<string> }>;
}

const createInput = z.object({
  Name: z.string().min(1),
  SecretString: z.string(),
  ClientRequestToken: z.string().optional(),
});
const getInput = z.object({
  SecretId: z.string(),
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});
const putInput = z.object({
  SecretId: z.string(),
  SecretString: z.string(),
  ClientRequestToken: z.string().optional(),
  VersionStages: z.array(z.string()).default(['AWSCURRENT']),
});

/** AWS Secrets Manager, JSON 1.1: `CreateSecret`, `GetSecretValue`, `PutSecretValue` with its staging labels. */
export function createSecretsManager({ now, region, accountId }: SecretsManagerDependencies) {
  const secrets = new Map<string, Secret>();

  function find(id: string): Secret {
    const found = secrets.get(id) ?? [...secrets.values()].find((secret) => secret.arn === id);
    if (found) return found;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  /** A staging label is on one version at a time; the version that loses AWSCURRENT becomes AWSPREVIOUS. */
  function addVersion(secret: Secret, text: string, stages: readonly string[], token: string = randomUUID()): string {
    const move = (stage: string, to: string) => {
      for (const version of secret.versions.values()) version.stages.delete(stage);
      secret.versions.get(to)?.stages.add(stage);
    };
    const previous = [...secret.versions].find(([, version]) => version.stages.has('AWSCURRENT'))?.[0];
    secret.versions.set(token, { text, createdAtMs: now(), stages: new Set() });
    for (const stage of stages) move(stage, token);
    if (previous !== undefined && stages.includes('AWSCURRENT')) move('AWSPREVIOUS', previous);
    return token;
  }

  const operations: Record<string, (input: unknown) => unknown> = {
    CreateSecret: (given) => {
      const { Name, SecretString, ClientRequestToken } = createInput.parse(given);
      if (secrets.has(Name)) throw new AwsError('ResourceExistsException', `The secret ${Name} already exists.`);
      const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${Name}-${randomUUID().slice(0, 6)}`;
      const secret: Secret = { name: Name, arn, versions: new Map() };
      secrets.set(Name, secret);
      return { ARN: arn, Name, VersionId: addVersion(secret, SecretString, ['AWSCURRENT'], ClientRequestToken) };
    },
    GetSecretValue: (given) => {
      const {
        SecretId,
        VersionId,
        VersionStage = VersionId === undefined ? 'AWSCURRENT' : undefined,
      } = getInput.parse(given);
      const secret = find(SecretId);
      for (const [id, { text, createdAtMs, stages }] of secret.versions) {
        if (VersionId !== undefined && id !== VersionId) continue;
        if (VersionStage !== undefined && !stages.has(VersionStage)) continue;
        const facts = { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: [...stages] };
        return { ...facts, SecretString: text, CreatedDate: createdAtMs / 1000 };
      }
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret value.");
    },
    PutSecretValue: (given) => {
      const { SecretId, SecretString, ClientRequestToken, VersionStages } = putInput.parse(given);
      const secret = find(SecretId);
      const VersionId = addVersion(secret, SecretString, VersionStages, ClientRequestToken);
      return { ARN: secret.arn, Name: secret.name, VersionId, VersionStages };
    },
  };

  return (operation: string, input: unknown): unknown => {
    const run = operations[operation];
    if (!run) throw notInThisSandbox(`Secrets Manager ${operation}`);
    return run(input);
  };
}
