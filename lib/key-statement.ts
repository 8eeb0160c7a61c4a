import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** The services that use a customer's key in a caller's name. */
export type KeyUser = 's3' | 'secretsmanager' | 'sqs';

/**
 * The right to use a key, by way of one service alone (`kms:ViaService`), and in one encryption context where that service names what
 * it encrypts: a role that may read one bucket or secret can open nothing else under the same key. The key's own policy must let IAM
 * policies of its account decide, as it does by default.
 */
export function keyStatement(
  scope: Construct,
  key: IKey,
  user: KeyUser,
  actions: readonly string[],
  context: Readonly<Record<string, string>> = {},
): PolicyStatement {
  return new PolicyStatement({
    actions: [...actions],
    resources: [key.keyArn],
    conditions: {
      StringEquals: { 'kms:ViaService': `${user}.${Stack.of(scope).region}.amazonaws.com` },
      // `?` stands for the letters that Secrets Manager puts behind a secret's name.
      ...(Object.keys(context).length > 0 && { StringLike: context }),
    },
  });
}
