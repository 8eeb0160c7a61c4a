/** What a call is asked about beside its action and resource. Keys in lower case, since IAM does not tell case apart in them. */
export type AccessContext = Readonly<Partial<Record<ContextKey, string>>>;

/**
 * The condition keys that the sandbox can answer for, or knows never to be there (`aws:SourceArn` and its like come with calls
 * that services make for others). A policy that asks for another key is refused: it would be judged by a fact that nobody looked at.
 */
export const contextKeys = [
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalisawsservice',
  'aws:principalorgid',
  'aws:resourceaccount',
  'aws:securetransport',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:viaawsservice',
  'events:source',
  'kms:calleraccount',
  'kms:encryptioncontext:secretarn',
  'kms:viaservice',
  's3:authtype',
  's3:prefix',
  's3:resourceaccount',
  's3:signatureage',
] as const;
export type ContextKey = (typeof contextKeys)[number];

export function isContextKey(key: string): key is ContextKey {
  const known: readonly string[] = contextKeys;
  return known.includes(key);
}

export function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}
