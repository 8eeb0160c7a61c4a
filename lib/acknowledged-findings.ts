import { CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import type { HttpInterface } from './http-interface.ts';

interface AcknowledgedParts {
  readonly bucket: Bucket;
  readonly http: HttpInterface;
  readonly credentials: Secret;
  readonly sessionKey: Secret;
  /** Each role, and the prefixes of the bucket that its policy names. */
  readonly prefixes: readonly (readonly [role: Role, ...prefixes: string[]])[];
}

/** Findings of cdk-nag's AwsSolutions pack that stay, each with the reason why nothing cheap would remove it. */
export function acknowledgeFindings({ bucket, http, credentials, sessionKey, prefixes }: AcknowledgedParts): void {
  acknowledge(
    credentials,
    'AwsSolutions-SMG4',
    'Knosc has no call that changes a password for a machine: a person rotates it there and here.',
  );
  acknowledge(
    sessionKey,
    'AwsSolutions-SMG4',
    'A new key would only end the session that it encrypts, which lives for minutes; Secrets Manager rotates by a function that would have to be ours.',
  );
  for (const [role, ...ofRole] of prefixes) {
    for (const prefix of ofRole) {
      const id = `AwsSolutions-IAM5[Resource::<${logicalIdOf(bucket)}.Arn>/${prefix}*]`;
      acknowledge(
        role,
        id,
        `Export ids and versions of secrets are made at run time, so the narrowest name for these objects is their prefix ${prefix}.`,
      );
    }
  }
  for (const route of ['GET--health', 'HEAD--health', 'POST--webhooks--{webhook_name}']) {
    acknowledge(
      http.api.node.findChild(route),
      'AwsSolutions-APIG4',
      '/health is for monitors without an AWS identity and answers without facts; webhooks are signed by their senders.',
    );
  }
}

function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::${rule}`, reason });
}

function logicalIdOf(bucket: Bucket): string {
  const { defaultChild } = bucket.node;
  if (!CfnElement.isCfnElement(defaultChild)) throw new Error('a bucket is made of one CloudFormation resource');
  return String(Stack.of(bucket).resolve(Stack.of(bucket).getLogicalId(defaultChild)));
}
