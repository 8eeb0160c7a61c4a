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
  readonly LINK_ROLE_ARN: string;
  readonly ORIGIN_HOSTS: string;
}

const bucket = 'knosc-exports';
const secretName = 'knosc/service-account';

/** Makes what the stack would make in AWS: bucket, queue and secret. */
export async function createResources(
  aws: AwsSandbox,
  account: OriginAccount,
  exportTimeoutSeconds: number,
): Promise<FunctionEnvironment> {
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const Attributes = { VisibilityTimeout: String(Math.ceil(exportTimeoutSeconds)) };
  const [, , { QueueUrl }] = await Promise.all([
    new S3Client(access).send(new CreateBucketCommand({ Bucket: bucket })),
    new SecretsManagerClient(access).send(
      new CreateSecretCommand({ Name: secretName, SecretString: JSON.stringify(account) }),
    ),
    new SQSClient(access).send(new CreateQueueCommand({ QueueName: 'exports', Attributes })),
  ]);
  if (QueueUrl === undefined) throw new Error('the sandbox made no queue');
  return {
    BUCKET_NAME: bucket,
    QUEUE_URL: QueueUrl,
    SECRET_ID: secretName,
    LINK_ROLE_ARN: `arn:aws:iam::${aws.accountId}:role/link`,
    ORIGIN_HOSTS: new URL(account.base_url).host,
  };
}
