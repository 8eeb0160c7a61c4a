import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AwsSandbox } from './aws/start.ts';

/** The secret's content: the origin, and who we log in as (DESIGN.md, "Trust"). */
export interface OriginAccount {
  readonly base_url: string;
  readonly username: string;
  readonly password: string;
  readonly totp_secret?: string;
}

/** The environment variables of both functions. */
export interface FunctionEnvironment {
  readonly BUCKET_NAME: string;
  readonly QUEUE_URL: string;
  readonly SECRET_ID: string;
  readonly SESSION_KEY_SECRET_ID: string;
  readonly LINK_ROLE_ARN: string;
  readonly ORIGIN_HOSTS: string;
  readonly EVENT_BUS_NAME: string;
}

const bucket = 'knosc-exports';
const secretName = 'knosc/service-account';
const sessionKeySecretName = 'knosc/session-key';

/** Makes what the stack would make in AWS, bucket, queue and secrets, where an earlier start has not. The account may be another one then. */
export async function createResources(
  aws: AwsSandbox,
  account: OriginAccount,
  exportTimeoutSeconds: number,
  eventBus = 'default',
): Promise<FunctionEnvironment> {
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const secretsManager = new SecretsManagerClient(access);
  const [QueueUrl] = await Promise.all([
    keepQueue(new SQSClient(access), 'exports', { VisibilityTimeout: String(Math.ceil(exportTimeoutSeconds)) }),
    unlessMade(new S3Client(access).send(new CreateBucketCommand({ Bucket: bucket })), 'BucketAlreadyOwnedByYou'),
    keepSecret(secretsManager, secretName, JSON.stringify(account)),
    unlessMade(
      secretsManager.send(
        new CreateSecretCommand({ Name: sessionKeySecretName, SecretString: randomBytes(32).toString('base64') }),
      ),
      'ResourceExistsException',
    ),
  ]);
  if (QueueUrl === undefined) throw new Error('the sandbox made no queue');
  return {
    BUCKET_NAME: bucket,
    QUEUE_URL: QueueUrl,
    SECRET_ID: secretName,
    SESSION_KEY_SECRET_ID: sessionKeySecretName,
    LINK_ROLE_ARN: `arn:aws:iam::${aws.accountId}:role/link`,
    ORIGIN_HOSTS: new URL(account.base_url).host,
    EVENT_BUS_NAME: eventBus,
  };
}

export async function unlessMade(creation: Promise<unknown>, refusal: string): Promise<void> {
  await creation.catch((error: unknown) => {
    if (!(error instanceof Error && error.name === refusal)) throw error;
  });
}

/** Only another content makes a new version: what is known of a version, such as that the origin refused it, stays true. */
export async function keepSecret(secretsManager: SecretsManagerClient, name: string, text: string): Promise<void> {
  const creation = secretsManager.send(new CreateSecretCommand({ Name: name, SecretString: text }));
  await unlessMade(creation, 'ResourceExistsException');
  const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: name }));
  if (SecretString === text) return;
  await secretsManager.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
}

async function keepQueue(
  sqs: SQSClient,
  name: string,
  attributes: Record<string, string>,
): Promise<string | undefined> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
  return QueueUrl;
}
