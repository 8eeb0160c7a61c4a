import {
  CreateBucketCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

let aws: AwsSandbox;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  aws = await startAws({ now: () => nowMs });
});

afterEach(() => aws.close());

const access = () => ({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, maxAttempts: 1 });
const RoleArn = 'arn:aws:iam::000000000000:role/link';

describe('what the product does not call', () => {
  test.each([
    ['S3', () => new S3Client(access()).send(new GetObjectAclCommand({ Bucket: 'b', Key: 'k' }))],
    ['Secrets Manager', () => new SecretsManagerClient(access()).send(new ListSecretsCommand())],
    ['SQS', () => new SQSClient(access()).send(new ListQueuesCommand())],
    ['STS', () => new STSClient(access()).send(new GetSessionTokenCommand())],
  ])('of %s is answered with "not in this sandbox"', async (_service, call) => {
    await expect(call()).rejects.toMatchObject({ message: expect.stringContaining('not in this sandbox') });
  });
});

describe('time', () => {
  test("more than 15 minutes from the signature's refuses the call", async () => {
    nowMs += 16 * 60_000;
    // The SDK corrects its own clock by the answer's Date and would try again; with one attempt it cannot.
    await expect(new S3Client(access()).send(new CreateBucketCommand({ Bucket: 'b' }))).rejects.toMatchObject({
      name: 'RequestTimeTooSkewed',
    });
  });

  test('ends a link to the second', async () => {
    const s3 = new S3Client(access());
    await s3.send(new CreateBucketCommand({ Bucket: 'b' }));
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x' }));
    const signedAtMs = Math.floor(nowMs / 1000) * 1000;
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'b', Key: 'k' }), {
      expiresIn: 100,
      signingDate: new Date(signedAtMs),
    });
    nowMs = signedAtMs + 99_999;
    expect((await fetch(url)).status).toBe(200);
    nowMs = signedAtMs + 100_000;
    const ended = await fetch(url);
    expect([ended.status, await ended.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
  });

  test('ends a link with the credentials that signed it, though it says it lives longer', async () => {
    const { Credentials } = await new STSClient(access()).send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'link', DurationSeconds: 900 }),
    );
    const {
      AccessKeyId: accessKeyId = '',
      SecretAccessKey: secretAccessKey = '',
      SessionToken: sessionToken = '',
    } = Credentials ?? {};
    const s3 = new S3Client({ ...access(), credentials: { accessKeyId, secretAccessKey, sessionToken } });
    await s3.send(new CreateBucketCommand({ Bucket: 'b' }));
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x' }));
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'b', Key: 'k' }), { expiresIn: 3600 });
    nowMs += 890_000;
    expect((await fetch(url)).status).toBe(200);
    nowMs += 20_000;
    expect(await (await fetch(url)).text()).toContain('ExpiredToken');
  });

  test('is told in the Date header of every answer', async () => {
    nowMs = Date.UTC(2026, 0, 1);
    expect((await fetch(`${aws.endpoint}/x`)).headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
  });
});

describe('a role', () => {
  test.each([
    ['of another account', { RoleArn: 'arn:aws:iam::111111111111:role/link' }, 'AccessDenied'],
    ['for over twelve hours', { DurationSeconds: 43_201 }, 'ValidationError'],
    ['for under 15 minutes', { DurationSeconds: 899 }, 'ValidationError'],
  ])('%s is not given', async (_name, changes, name) => {
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'link', DurationSeconds: 3600, ...changes });
    await expect(new STSClient(access()).send(command)).rejects.toMatchObject({ name });
  });
});

test('the log of calls tells service, operation, resource and status', async () => {
  const s3 = new S3Client(access());
  await s3.send(new CreateBucketCommand({ Bucket: 'b' }));
  await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' })).catch(() => undefined);
  expect(aws.calls()).toEqual([
    { service: 's3', operation: 'CreateBucket', resource: 'b', status: 200 },
    { service: 's3', operation: 'GetObject', resource: 'b/k', status: 404 },
  ]);
});

test('an unsigned call is refused', async () => {
  expect((await fetch(`${aws.endpoint}/bucket/key`)).status).toBe(403);
  expect(
    (await fetch(aws.endpoint, { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.SendMessage' }, body: '{}' }))
      .status,
  ).toBe(403);
});
