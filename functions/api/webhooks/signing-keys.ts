import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ExportFailure } from '../../ledger/failure.ts';
import { secretTexts, signingKey, UnusableSecret } from './signing-secret.ts';
import type { Webhook } from './webhook.ts';

/**
 * The keys of a webhook, read no longer ago than that: one, or two while its secret is rotated. Keys that are young enough stay
 * good while a reading is under way and after one that Secrets Manager did not answer; a secret that is gone or cannot be used
 * ends them. What could not be had is not asked for again for 10 s, so that deliveries, which anybody can make, drive no calls.
 * Fails with `webhook-secret-unusable`.
 */
export type SigningKeys = (name: string, webhook: Webhook, maximumAgeMs: number) => Promise<readonly Buffer[]>;

interface SigningKeysDependencies {
  readonly secretsManager: () => Pick<SecretsManagerClient, 'send'>;
  readonly now: () => number;
  /** Told once for each time that it was read why a secret cannot be used; the sender is not. */
  readonly reportUnusableSecret: (webhookName: string, reason: string) => void;
}

interface Kept {
  /** The last that could be used, until it is known that they are no more. */
  known: { readonly keys: readonly Buffer[]; readonly readAtMs: number } | undefined;
  /** The reading that is under way or has failed. */
  asked: { readonly keys: Promise<readonly Buffer[]>; readonly atMs: number } | undefined;
}

/** How long a secret is remembered. */
export const longestAgeMs = 60_000;
/** A secret that is older is read again where it does not fit a signature, so that a rotation takes effect at once. */
export const askAgainAfterMs = 10_000;

export function createSigningKeys(dependencies: SigningKeysDependencies): SigningKeys {
  const { secretsManager, now, reportUnusableSecret } = dependencies;
  const kept = new Map<string, Kept>();

  async function read({ secret, signature }: Webhook): Promise<readonly Buffer[]> {
    const { SecretString } = await secretsManager()
      .send(new GetSecretValueCommand({ SecretId: secret }))
      .catch((cause: unknown) => {
        throw new UnusableSecret(`is not given by Secrets Manager (${nameOf(cause)})`, { cause });
      });
    return secretTexts(SecretString).map((text) => signingKey(signature, text));
  }

  async function refresh(name: string, webhook: Webhook, of: Kept, atMs: number): Promise<readonly Buffer[]> {
    try {
      const keys = await read(webhook);
      of.known = { keys, readAtMs: atMs };
      of.asked = undefined;
      return keys;
    } catch (error) {
      if (!(error instanceof UnusableSecret)) throw error;
      if (isFinal(error)) of.known = undefined;
      reportUnusableSecret(name, error.message);
      throw new ExportFailure(
        'webhook-secret-unusable',
        'The signing secret of this webhook cannot be used; the log of the proxy says why. Send the same again later.',
        { retryAfterSeconds: longestAgeMs / 1000, cause: error },
      );
    }
  }

  return async (name, webhook, maximumAgeMs) => {
    const of: Kept = kept.get(name) ?? { known: undefined, asked: undefined };
    kept.set(name, of);
    if (of.known && now() - of.known.readAtMs < maximumAgeMs) return of.known.keys;
    // Many deliveries at once ask Secrets Manager once.
    if (of.asked && now() - of.asked.atMs < askAgainAfterMs) return of.asked.keys;
    const atMs = now();
    const keys = refresh(name, webhook, of, atMs);
    of.asked = { keys, atMs };
    return keys;
  };
}

// As Secrets Manager says of a secret that is not there, and of one that is marked for deletion.
const goneNames = new Set(['ResourceNotFoundException', 'InvalidRequestException']);

/** Whether the secret was read and is none, or is gone; all else may be otherwise in a moment. */
function isFinal({ cause }: UnusableSecret): boolean {
  return cause === undefined || goneNames.has(nameOf(cause));
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : 'an unknown error';
}
