import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { ExportFailure } from '../../ledger/failure.ts';
import { type OriginPolicy, parseOriginAddress } from '../origin-address.ts';
import { parseJson } from '../parse-json.ts';
import { requireTotpSecret } from './totp.ts';

const secretSchema = z.object({
  base_url: z.string(),
  username: z.string().min(1),
  password: z.string().min(1),
  totp_secret: z.string().min(1).optional(),
});

/** Who we log in as, and where. `version` names the version of the secret: what Knosc refused is remembered under it. */
export interface Credentials {
  readonly version: string;
  readonly originAddress: string;
  readonly username: string;
  readonly password: string;
  readonly totpSecret: string | undefined;
}

/** The Knosc secret, by the labels of its versions. Fails with `credentials-unusable`, naming faulty fields, never values. */
export interface KnoscSecret {
  /** The version labelled AWSCURRENT, read no longer ago than that. */
  current(maximumAgeMs: number): Promise<Credentials>;
  /** The version that a rotation is about to make current, as it is now; `undefined` where there is none that can be used. */
  pending(): Promise<Credentials | undefined>;
  /** The id of the version that was current before. */
  previousVersion(): Promise<string | undefined>;
}

interface SecretDependencies {
  readonly secretsManager: SecretsManagerClient;
  readonly secretId: string;
  readonly originPolicy: OriginPolicy;
  readonly now: () => number;
}

type Stage = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS';

export function createKnoscSecret({ secretsManager, secretId, originPolicy, now }: SecretDependencies): KnoscSecret {
  let kept: { readonly credentials: Promise<Credentials>; readonly readAtMs: number } | undefined;

  const read = (stage: Stage) =>
    secretsManager.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }));

  /** `undefined` where no version carries the label. */
  const readWherePresent = (stage: Stage) =>
    read(stage).catch((cause: unknown) => {
      if (cause instanceof Error && cause.name === 'ResourceNotFoundException') return undefined;
      throw notGiven(cause);
    });

  async function readCurrent(): Promise<Credentials> {
    const answer = await read('AWSCURRENT').catch((cause: unknown) => {
      throw notGiven(cause);
    });
    return parseSecret(answer.SecretString, answer.VersionId, originPolicy);
  }

  return {
    current: (maximumAgeMs) => {
      if (kept && now() - kept.readAtMs < maximumAgeMs) return kept.credentials;
      // Kept while it is read, so that many who ask at once ask Secrets Manager once; what failed is asked for again.
      const asked = { credentials: readCurrent(), readAtMs: now() };
      kept = asked;
      asked.credentials.catch(() => {
        if (kept === asked) kept = undefined;
      });
      return asked.credentials;
    },
    pending: async () => {
      const answer = await readWherePresent('AWSPENDING');
      try {
        return answer && parseSecret(answer.SecretString, answer.VersionId, originPolicy);
      } catch (error) {
        // A rotation may be half-way through writing it; it is nobody's business until it is current.
        if (error instanceof ExportFailure) return undefined;
        throw error;
      }
    },
    previousVersion: async () => (await readWherePresent('AWSPREVIOUS'))?.VersionId,
  };
}

function notGiven(cause: unknown): ExportFailure {
  const name = cause instanceof Error ? cause.name : 'an unknown error';
  return new ExportFailure('credentials-unusable', `Secrets Manager did not give the Knosc secret (${name}).`, {
    cause,
  });
}

function parseSecret(text: string | undefined, version: string | undefined, originPolicy: OriginPolicy): Credentials {
  const parsed = secretSchema.safeParse(parseJson(text ?? ''));
  if (!parsed.success || version === undefined) {
    const fields =
      parsed.error?.issues.map((issue) => issue.path.join('.') || 'the whole value').join(', ') ?? 'version';
    throw new ExportFailure(
      'credentials-unusable',
      `The Knosc secret is malformed (${fields}). It is JSON: {"base_url", "username", "password", "totp_secret"?}.`,
    );
  }
  const { base_url, username, password, totp_secret } = parsed.data;
  if (totp_secret !== undefined) requireTotpSecret(totp_secret);
  return {
    version,
    originAddress: parseOriginAddress(base_url, originPolicy),
    username,
    password,
    totpSecret: totp_secret,
  };
}
