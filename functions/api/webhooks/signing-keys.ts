import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ExportFailure } from '../../ledger/failure.ts';
import { secretTexts, signingKey, UnusableSecret } from './signing-secret.ts';
import type { Webhook } from './webhook.ts';

/**
 * The keys of a webhook, read no longer ago than that: one, or two while its secret is rotated. What could not be used is not
 * asked for again for 10 s, so that deliveries, which anybody can make, drive no calls. Fails with `webhook-secret-unusable`.
 */
export type SigningKeys = (name: string, webhook: Webhook, maximumAgeMs: number) => Promise<readonly Buffer[]>;

interface SigningKeysDependencies {
  readonly secretsManager: () => Pick<SecretsManagerClient, 'send'>;
  readonly now: () => number;
  /** Told once for each time that it was read why a secret cannot be used; the sender is not. */
  readonly reportUnusableSecret: (webhookName: string, reason: string) => void;
}

interface Kept {
  readonly keys: Promise<readonly Buffer[]>;
  readonly readAtMs: number;
  hasFailed: boolean;
}

/** How long a secret is remembered. */
export const longestAgeMs = 60_000;
/** A secret that is older is read again where it does not fit a signature, so that a rotation takes effect at once. */
export const askAgainAfterMs = 10_000;

export function createSigningKeys(dependencies: SigningKeysDependencies): SigningKeys {
  const { secretsManager, now, reportUnusableSecret } = dependencies;
  const kept = new Map<string, Kept>();

  async function read(name: string, { secret, signature }: Webhook): Promise<readonly Buffer[]> {
    try {
      const { SecretString } = await secretsManager()
        .send(new GetSecretValueCommand({ SecretId: secret }))
        .catch((cause: unknown) => {
          throw new UnusableSecret(`is not given by Secrets Manager (${nameOf(cause)})`, { cause });
        });
      return secretTexts(SecretString).map((text) => signingKey(signature, text));
    } catch (error) {
      if (!(error instanceof UnusableSecret)) throw error;
      reportUnusableSecret(name, error.message);
      throw new ExportFailure(
        'webhook-secret-unusable',
        'The signing secret of this webhook cannot be used; the log of the proxy says why. Send the same again later.',
        { retryAfterSeconds: longestAgeMs / 1000, cause: error },
      );
    }
  }

  return (name, webhook, maximumAgeMs) => {
    const before = kept.get(name);
    const ageMs = before ? now() - before.readAtMs : Number.POSITIVE_INFINITY;
    if (before && ageMs < (before.hasFailed ? askAgainAfterMs : maximumAgeMs)) return before.keys;
    // Kept while it is read, so that many deliveries at once ask Secrets Manager once.
    const asked: Kept = { keys: read(name, webhook), readAtMs: now(), hasFailed: false };
    kept.set(name, asked);
    asked.keys.catch(() => {
      asked.hasFailed = true;
    });
    return asked.keys;
  };
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : 'an unknown error';
}
