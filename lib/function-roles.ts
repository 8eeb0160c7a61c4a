import type { EventBus, IEventBus } from 'aws-cdk-lib/aws-events';
import { ArnPrincipal, CompositePrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { eventSource } from '../functions/export/announce/event.ts';
import { keyStatement } from './key-statement.ts';
import type { ProxyFunction } from './proxy-function.ts';
import type { ProxyQueues } from './queues.ts';
import type { ProxySecrets } from './secrets.ts';

interface Functions {
  readonly api: ProxyFunction;
  readonly worker: ProxyFunction;
  readonly bucket: Bucket | IBucket;
  readonly encryptionKey: IKey | undefined;
}

interface Resources extends Functions {
  readonly queues: ProxyQueues;
  readonly secrets: ProxySecrets;
  readonly eventBus: EventBus | IEventBus;
}

/**
 * Its credentials carry their expiry, so that a link says truly when it ends; all it can do is read workbooks. Naming who may
 * assume it suffices in one account (STS, "AssumeRole"): a policy of theirs that allows it too would allow nothing more.
 */
export function createLinkRole(scope: Construct, { api, worker, bucket, encryptionKey }: Functions): Role {
  const role = new Role(scope, 'LinkRole', {
    assumedBy: new CompositePrincipal(new ArnPrincipal(api.role.roleArn), new ArnPrincipal(worker.role.roleArn)),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('workbooks/*')] }),
  );
  const bucketKey = keyOf(bucket, encryptionKey);
  if (bucketKey) role.addToPolicy(keyStatement(scope, bucketKey, 's3', ['kms:Decrypt']));
  return role;
}

/** A bucket that is given by its name alone does not tell its key; it is taken to lie under the proxy's. */
function keyOf(bucket: Bucket | IBucket, encryptionKey: IKey | undefined): IKey | undefined {
  return bucket.encryptionKey ?? encryptionKey;
}

/** Allows each function what it calls, on what it calls it on; tests hold this list to what is used. */
export function allowCalls({ api, worker, bucket, queues, secrets, eventBus, encryptionKey }: Resources): void {
  const records = bucket.arnForObjects('exports/*');
  const claims = bucket.arnForObjects('claims/*');
  const requests = bucket.arnForObjects('requests/*');
  const workbooks = bucket.arnForObjects('workbooks/*');
  const bucketKey = keyOf(bucket, encryptionKey);

  api.allow(['s3:GetObject', 's3:PutObject'], records, claims, requests);
  api.allow(['s3:DeleteObject'], workbooks);

  worker.allow(['s3:GetObject', 's3:PutObject'], records, bucket.arnForObjects('origin/*'), claims, requests);
  worker.allow(['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'], workbooks);
  const { credentials, sessionKey } = secrets;
  worker.allow(['secretsmanager:GetSecretValue'], credentials.secretArn, sessionKey.secretArn);
  // Lambda's poller receives and deletes as the function's role; the function itself hides messages.
  worker.allow(
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
    queues.exports.queueArn,
  );
  worker.role.addToPolicy(
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [eventBus.eventBusArn],
      conditions: { StringEquals: { 'events:source': eventSource } },
    }),
  );

  for (const user of [api, worker]) {
    user.allow(['sqs:SendMessage'], queues.exports.queueArn);
    // For lists; and without it a missing record or claim is a 403 instead of a 404.
    user.allow(['s3:ListBucket'], bucket.bucketArn);
    // Parts of an upload are decrypted when it is completed.
    if (bucketKey) user.allowKey(bucketKey, 's3', ['kms:Decrypt', 'kms:GenerateDataKey']);
    if (encryptionKey) user.allowKey(encryptionKey, 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey']);
  }
  for (const { secretArn } of encryptionKey ? [credentials, sessionKey] : []) {
    if (encryptionKey) {
      worker.allowKey(encryptionKey, 'secretsmanager', ['kms:Decrypt'], {
        'kms:EncryptionContext:SecretARN': secretArn,
      });
    }
  }
}

interface FormerKeysUsers extends Pick<Resources, 'api' | 'worker' | 'secrets'> {
  readonly linkRole: Role;
  readonly keys: readonly IKey[];
}

/** Lets who reads read on what lies under a key that was the proxy's before: objects, messages, and versions of secrets. */
export function allowFormerKeys({ api, worker, linkRole, secrets, keys }: FormerKeysUsers): void {
  const decrypt = ['kms:Decrypt'];
  for (const key of keys) {
    api.allowKey(key, 's3', decrypt);
    linkRole.addToPolicy(keyStatement(linkRole, key, 's3', decrypt));
    worker.allowKey(key, 's3', decrypt);
    worker.allowKey(key, 'sqs', decrypt);
    for (const { secretArn } of [secrets.credentials, secrets.sessionKey]) {
      worker.allowKey(key, 'secretsmanager', decrypt, { 'kms:EncryptionContext:SecretARN': secretArn });
    }
  }
}
