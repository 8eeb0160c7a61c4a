import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
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
}

const bucket = 'knosc-exports';
const secretName = 'knosc/service-account';
const sessionKeySecretName = 'knosc/session-key';

/** Makes what the stack would make in AWS: bucket, queue and secrets. */
export async function createResources(
  aws: AwsSandbox,
  account: OriginAccount,
  exportTimeoutSeconds: number,
): Promise<FunctionEnvironment> {
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const Attributes = { VisibilityTimeout: String(Math.ceil(exportTimeoutSeconds)) };
  const secretsManager = new SecretsManagerClient(access);
  const createSecret = (Name: string, SecretString: string) =>
    secretsManager.send(new CreateSecretCommand({ Name, SecretString }));
  const [{ QueueUrl }] = await Promise.all([
    new SQSClient(access).send(new CreateQueueCommand({ QueueName: 'exports', Attributes })),
    new S3Client(access).send(new CreateBucketCommand({ Bucket: bucket })),
    createSecret(secretName, JSON.stringify(account)),
    createSecret(sessionKeySecretName, randomBytes(32).toString('base64')),
  ]);
  if (QueueUrl === undefined) throw new Error('the sandbox made no queue');
  return {
    BUCKET_NAME: bucket,
    QUEUE_URL: QueueUrl,
    SECRET_ID: secretName,
    SESSION_KEY_SECRET_ID: sessionKeySecretName,
    LINK_ROLE_ARN: `arn:aws:iam::${aws.accountId}:role/link`,
    ORIGIN_HOSTS: new URL(account.base_url).host,
  };
}
