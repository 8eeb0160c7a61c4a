import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';

let endpoint: ContractEndpoint;
let sqs: SQSClient;
let secretsManager: SecretsManagerClient;
let sts: STSClient;

beforeAll(async () => {
  endpoint = await openEndpoint();
  const access = { ...endpoint.access, maxAttempts: 1 };
  sqs = new SQSClient(access);
  secretsManager = new SecretsManagerClient(access);
  sts = new STSClient(access);
});

afterAll(() => endpoint.close());

describe('a queue', () => {
  const create = async (Attributes: Record<string, string> = {}) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: freshName('q'), Attributes }));
    return QueueUrl;
  };
  const send = (QueueUrl: string | undefined, MessageBody: string, DelaySeconds = 0) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds }));
  const receive = async (QueueUrl: string | undefined, WaitTimeSeconds = 0) => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command);
    return Messages;
  };

  clause('hides a received message until its visibility ends, and deletes it by its receipt', async () => {
    const QueueUrl = await create({ VisibilityTimeout: '30' });
    await send(QueueUrl, 'hello ü');
    const [message] = await receive(QueueUrl);
    expect(message).toMatchObject({ Body: 'hello ü', Attributes: { ApproximateReceiveCount: '1' } });
    expect(await receive(QueueUrl)).toEqual([]);
    const ReceiptHandle = message?.ReceiptHandle;
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    const [again] = await receive(QueueUrl);
    expect(again).toMatchObject({ MessageId: message?.MessageId, Attributes: { ApproximateReceiveCount: '2' } });
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
  });

  clause('wakes a long poll when a message comes', async () => {
    const QueueUrl = await create();
    const started = Date.now();
    const waiting = receive(QueueUrl, 10);
    await send(QueueUrl, 'late');
    expect(await waiting).toMatchObject([{ Body: 'late' }]);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  clause('holds a delayed message back, and wakes a long poll when it is due', async () => {
    const QueueUrl = await create();
    await send(QueueUrl, 'delayed', 1);
    expect(await receive(QueueUrl)).toEqual([]);
    const started = Date.now();
    expect(await receive(QueueUrl, 10)).toMatchObject([{ Body: 'delayed' }]);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  clause('moves a message that was received too often to its dead-letter queue', async () => {
    const deadLetters = await create();
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 2 });
    const QueueUrl = await create({ VisibilityTimeout: '0', RedrivePolicy });
    await send(QueueUrl, 'poison');
    expect([
      (await receive(QueueUrl)).length,
      (await receive(QueueUrl)).length,
      (await receive(QueueUrl)).length,
    ]).toEqual([1, 1, 0]);
    expect(await receive(deadLetters, 2)).toMatchObject([{ Body: 'poison' }]);
  });

  clause('that does not exist is said to be missing', async () => {
    const QueueUrl = await create();
    await expect(send(QueueUrl?.replace(/[^/]+$/, 'missing'), 'x')).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });
});

describe('a secret', () => {
  clause('has a current version, and keeps the previous one', async () => {
    const Name = freshName('secret');
    const { VersionId: first } = await secretsManager.send(new CreateSecretCommand({ Name, SecretString: 'one' }));
    const { VersionId: second } = await secretsManager.send(
      new PutSecretValueCommand({ SecretId: Name, SecretString: 'two' }),
    );
    expect(await secretsManager.send(new GetSecretValueCommand({ SecretId: Name }))).toMatchObject({
      SecretString: 'two',
      VersionId: second,
    });
    const previous = new GetSecretValueCommand({ SecretId: Name, VersionStage: 'AWSPREVIOUS' });
    expect(await secretsManager.send(previous)).toMatchObject({ SecretString: 'one', VersionId: first });
  });

  clause('can hold a pending version beside the current one', async () => {
    const Name = freshName('secret');
    await secretsManager.send(new CreateSecretCommand({ Name, SecretString: 'one' }));
    await secretsManager.send(
      new PutSecretValueCommand({ SecretId: Name, SecretString: 'two', VersionStages: ['AWSPENDING'] }),
    );
    expect(await secretsManager.send(new GetSecretValueCommand({ SecretId: Name }))).toMatchObject({
      SecretString: 'one',
    });
    expect(
      await secretsManager.send(new GetSecretValueCommand({ SecretId: Name, VersionStage: 'AWSPENDING' })),
    ).toMatchObject({ SecretString: 'two' });
  });

  clause('that does not exist is said to be missing', async () => {
    const missing = secretsManager.send(new GetSecretValueCommand({ SecretId: freshName('none') }));
    await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('an assumed role', () => {
  const RoleArn = 'arn:aws:iam::000000000000:role/link';

  clause('has credentials with a token and an end, which sign links', async () => {
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'contract', DurationSeconds: 900 }),
    );
    const endsIn = (Credentials?.Expiration?.getTime() ?? 0) - Date.now();
    expect(Math.round(endsIn / 1000)).toBeGreaterThan(890);
    expect(Math.round(endsIn / 1000)).toBeLessThanOrEqual(900);
    const {
      AccessKeyId: accessKeyId = '',
      SecretAccessKey: secretAccessKey = '',
      SessionToken: sessionToken = '',
    } = Credentials ?? {};
    const s3 = new S3Client({ ...endpoint.access, credentials: { accessKeyId, secretAccessKey, sessionToken } });
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: freshName('none'), Key: 'x' }), {
      expiresIn: 60,
    });
    expect(url).toContain('X-Amz-Security-Token=');
    // The signature is good: what is refused is the bucket.
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(url.replace(/X-Amz-Security-Token=[^&]{4}/, 'X-Amz-Security-Token=AAAA'))).status).not.toBe(
      404,
    );
  });
});
