import { randomBytes } from 'node:crypto';

/** A secret key that the sandbox knows and who signs with it; temporary ones also have a token and the moment (ms) they end. */
export interface KnownCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly arn: string;
  readonly userId: string;
  readonly sessionToken?: string;
  readonly endsAtMs?: number;
}

/** The keys that may sign calls: the sandbox's own, and those that STS has given. */
export interface CredentialsRegister {
  readonly own: KnownCredentials;
  find(accessKeyId: string): KnownCredentials | undefined;
  issue(session: Pick<KnownCredentials, 'arn' | 'userId'>, endsAtMs: number): Required<KnownCredentials>;
}

export function createCredentialsRegister(accountId: string): CredentialsRegister {
  // New ones at every start, so that no test or script can come to rely on them.
  const own = {
    accessKeyId: `AKIA${randomId()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    arn: `arn:aws:iam::${accountId}:user/sandbox`,
    userId: 'AIDASANDBOX',
  };
  const known = new Map<string, KnownCredentials>([[own.accessKeyId, own]]);
  return {
    own,
    find: (accessKeyId) => known.get(accessKeyId),
    issue: (session, endsAtMs) => {
      const issued = {
        ...session,
        accessKeyId: `ASIA${randomId()}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(90).toString('base64'),
        endsAtMs,
      };
      known.set(issued.accessKeyId, issued);
      return issued;
    },
  };
}

function randomId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
