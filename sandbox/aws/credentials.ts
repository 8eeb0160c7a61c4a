import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { orNothing, type Store } from './store.ts';

/** A secret key that the sandbox knows and who signs with it; temporary ones also have a token and the moment (ms) they end. */
export interface KnownCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly arn: string;
  readonly userId: string;
  readonly sessionToken?: string | undefined;
  readonly endsAtMs?: number | undefined;
}

type Session = Pick<KnownCredentials, 'arn' | 'userId'>;

/** The keys that may sign calls: the sandbox's own, and those that STS has given. */
export interface CredentialsRegister {
  readonly own: KnownCredentials;
  find(accessKeyId: string): KnownCredentials | undefined;
  issue(session: Session, endsAtMs: number): KnownCredentials;
}

const credentialsRow = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  arn: z.string(),
  userId: z.string(),
  sessionToken: orNothing(z.string()),
  endsAtMs: orNothing(z.number()),
});

/** A folder keeps its keys, so that links outlive a restart. Without one they are new at every start: no script can come to rely on them. */
export function createCredentialsRegister(store: Store, accountId: string): CredentialsRegister {
  const find = store.get('SELECT * FROM credentials WHERE accessKeyId = ?', credentialsRow);
  const findOwn = store.get('SELECT * FROM credentials WHERE sessionToken IS NULL', credentialsRow);
  const insert = store.run('INSERT INTO credentials VALUES (?, ?, ?, ?, ?, ?)');

  function add(accessKeyId: string, { arn, userId }: Session, token?: string, endsAtMs?: number): KnownCredentials {
    const secretAccessKey = randomBytes(30).toString('base64');
    insert(accessKeyId, secretAccessKey, arn, userId, token ?? null, endsAtMs ?? null);
    return { accessKeyId, secretAccessKey, arn, userId, sessionToken: token, endsAtMs };
  }

  const user = { arn: `arn:aws:iam::${accountId}:user/sandbox`, userId: 'AIDASANDBOX' };
  return {
    own: findOwn() ?? add(`AKIA${randomId()}`, user),
    find,
    issue: (session, endsAtMs) => add(`ASIA${randomId()}`, session, randomBytes(90).toString('base64'), endsAtMs),
  };
}

function randomId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}
