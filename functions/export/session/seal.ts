import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { ExportFailure } from '../../ledger/failure.ts';
import { parseJson } from '../parse-json.ts';
import type { Credentials } from './credentials.ts';
import { type Session, sessionSchema } from './session.ts';

/** A session that only the holder of the key can read: AES-256-GCM, the parts in base64. */
export const sealedSessionSchema = z.object({
  key_version: z.string(),
  iv: z.string(),
  ciphertext: z.string(),
  tag: z.string(),
});
export type SealedSession = z.infer<typeof sealedSessionSchema>;

/** Binds a session to the version of the secret and the origin that it was made with, and to the key's own version. */
export interface Seal {
  readonly close: (session: Session) => SealedSession;
  /** `undefined` for what was sealed with another key, for another origin or version, or was changed since. */
  readonly open: (
    sealed: SealedSession,
    credentials: Pick<Credentials, 'version' | 'originAddress'>,
  ) => Session | undefined;
}

/** The seal of the session key. Read again where `keyVersion` is not the one that is known. Fails with `store-failed`. */
export type ReadSeal = (keyVersion?: string) => Promise<Seal>;

interface SealDependencies {
  readonly secretsManager: SecretsManagerClient;
  /** The secret that holds the session key: any text that nobody can guess. */
  readonly secretId: string;
}

export function createReadSeal({ secretsManager, secretId }: SealDependencies): ReadSeal {
  let kept: { readonly version: string; readonly seal: Seal } | undefined;
  return async (keyVersion = kept?.version) => {
    if (kept && kept.version === keyVersion) return kept.seal;
    const answer = await secretsManager
      .send(new GetSecretValueCommand({ SecretId: secretId }))
      .catch((cause: unknown) => {
        const name = cause instanceof Error ? cause.name : 'an unknown error';
        throw new ExportFailure('store-failed', `Secrets Manager did not give the session key (${name}).`, { cause });
      });
    const { SecretString: text, VersionId: version } = answer;
    if (!text || version === undefined) throw new ExportFailure('store-failed', 'The session key is empty.');
    kept = { version, seal: createSeal(text, version) };
    return kept.seal;
  };
}

const cipher = 'aes-256-gcm';
const keyBytes = 32;
/** NIST SP 800-38D, 8.2: a random IV of 96 bits is good for 2^32 uses of one key; one is used for each log-in or renewal. */
const ivBytes = 12;
const tagBytes = 16;

export function createSeal(keyText: string, keyVersion: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', keyText, '', 'knosc-export-proxy session', keyBytes));
  const boundTo = (secretVersion: string, originAddress: string) =>
    Buffer.from(JSON.stringify([secretVersion, originAddress, keyVersion]));

  return {
    close: (session) => {
      const iv = randomBytes(ivBytes);
      const encrypt = createCipheriv(cipher, key, iv);
      encrypt.setAAD(boundTo(session.secretVersion, session.originAddress));
      const ciphertext = Buffer.concat([encrypt.update(JSON.stringify(session), 'utf8'), encrypt.final()]);
      return {
        key_version: keyVersion,
        iv: iv.toString('base64'),
        ciphertext: ciphertext.toString('base64'),
        tag: encrypt.getAuthTag().toString('base64'),
      };
    },
    open: (sealed, { version, originAddress }) => {
      if (sealed.key_version !== keyVersion) return undefined;
      try {
        const decrypt = createDecipheriv(cipher, key, Buffer.from(sealed.iv, 'base64'), { authTagLength: tagBytes });
        decrypt.setAAD(boundTo(version, originAddress));
        decrypt.setAuthTag(Buffer.from(sealed.tag, 'base64'));
        const text = Buffer.concat([decrypt.update(Buffer.from(sealed.ciphertext, 'base64')), decrypt.final()]);
        return sessionSchema.safeParse(parseJson(text.toString())).data;
      } catch {
        // Node says no more of a tag that does not fit, or an IV of the wrong length, than that it failed.
        return undefined;
      }
    },
  };
}
