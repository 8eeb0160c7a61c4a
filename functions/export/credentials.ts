import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { ExportFailure } from '../ledger/failure.ts';
import { type OriginPolicy, parseOriginAddress } from './origin-address.ts';
import { parseJson } from './parse-json.ts';

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

/** The current credentials, at most a minute old. Fails with `credentials-unusable`, naming faulty fields, never values. */
export type ReadCredentials = () => Promise<Credentials>;

interface CredentialsDependencies {
  readonly secretsManager: SecretsManagerClient;
  readonly secretId: string;
  readonly originPolicy: OriginPolicy;
  readonly now: () => number;
}

// Long enough that a busy function rarely asks, short enough that a rotated secret is met soon.
const freshForMs = 60_000;

export function createReadCredentials(dependencies: CredentialsDependencies): ReadCredentials {
  const { secretsManager, secretId, originPolicy, now } = dependencies;
  let kept: { readonly credentials: Credentials; readonly readAtMs: number } | undefined;

  return async () => {
    if (kept && now() - kept.readAtMs < freshForMs) return kept.credentials;
    const answer = await secretsManager
      .send(new GetSecretValueCommand({ SecretId: secretId }))
      .catch((cause: unknown) => {
        const name = cause instanceof Error ? cause.name : 'an unknown error';
        throw new ExportFailure('credentials-unusable', `Secrets Manager did not give the Knosc secret (${name}).`, {
          cause,
        });
      });
    const credentials = parseSecret(answer.SecretString, answer.VersionId, originPolicy);
    kept = { credentials, readAtMs: now() };
    return credentials;
  };
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
  return {
    version,
    originAddress: parseOriginAddress(base_url, originPolicy),
    username,
    password,
    totpSecret: totp_secret,
  };
}
