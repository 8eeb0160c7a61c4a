import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { AwsSandbox } from '../aws/start.ts';
import type { Resolve } from './intrinsics.ts';
import type { ResourceIds } from './resource-ids.ts';
import { type Resource, resourcesOf, type Template } from './template.ts';

/** Makes the template's buckets, queues and secrets in AWS's stand-in, named by their logical ids, and tells what they are called. */
export async function makeResources(aws: AwsSandbox, template: Template): Promise<ReadonlyMap<string, ResourceIds>> {
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const s3 = new S3Client(access);
  const sqs = new SQSClient(access);
  const secretsManager = new SecretsManagerClient(access);

  async function makeBucket({ logicalId }: Resource): Promise<ResourceIds> {
    const name = logicalId.toLowerCase();
    await s3.send(new CreateBucketCommand({ Bucket: name }));
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
  }

  async function makeQueue({ logicalId }: Resource): Promise<ResourceIds> {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: logicalId }));
    const arn = `arn:aws:sqs:${aws.region}:${aws.accountId}:${logicalId}`;
    return { ref: QueueUrl, attributes: { Arn: arn, QueueName: logicalId, QueueUrl } };
  }

  async function makeSecret({ logicalId }: Resource): Promise<ResourceIds> {
    const text = randomBytes(32).toString('base64');
    const { ARN = '' } = await secretsManager.send(new CreateSecretCommand({ Name: logicalId, SecretString: text }));
    return { ref: ARN, attributes: { Id: ARN, Arn: ARN } };
  }

  const makers = {
    'AWS::S3::Bucket': makeBucket,
    'AWS::SQS::Queue': makeQueue,
    'AWS::SecretsManager::Secret': makeSecret,
  };
  const made = Object.entries(makers).flatMap(([type, make]) =>
    resourcesOf(template, type).map(async (resource) => [resource.logicalId, await make(resource)] as const),
  );
  return new Map(await Promise.all(made));
}

const asText = z.union([z.string(), z.number()]).transform(String);
const settingsSchema = z.object({
  VisibilityTimeout: asText.default('30'),
  DelaySeconds: asText.default('0'),
  MessageRetentionPeriod: asText.default('345600'),
  RedrivePolicy: z
    .object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() })
    .transform((policy) => JSON.stringify(policy))
    // An empty one takes it away.
    .default(''),
});

/** Gives the queues their settings, which name each other. */
export async function setQueues(
  aws: AwsSandbox,
  template: Template,
  ids: ReadonlyMap<string, ResourceIds>,
  resolve: Resolve,
): Promise<void> {
  const sqs = new SQSClient({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  for (const { logicalId, properties } of resourcesOf(template, 'AWS::SQS::Queue')) {
    const Attributes = settingsSchema.parse(resolve(properties));
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: ids.get(logicalId)?.ref, Attributes }));
  }
}
