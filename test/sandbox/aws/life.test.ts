import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

let aws: AwsSandbox;
let nowMs: number;
let folder: string;
let s3: S3Client;
const Bucket = 'bucket';

beforeEach(async () => {
  nowMs = Date.now();
  folder = await mkdtemp(join(tmpdir(), 'aws-test-'));
  aws = await startAws({ now: () => nowMs, folder });
  s3 = new S3Client(access());
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterEach(async () => {
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

const access = () => ({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, maxAttempts: 1 });
const files = async () => (await readdir(join(folder, 'bodies'))).length;

describe('the sandbox', () => {
  test('does not start on a taken port', async () => {
    const port = Number(new URL(aws.endpoint).port);
    await expect(startAws({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('closes at once with a long poll open', async () => {
    const sqs = new SQSClient(access());
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
    const poll = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })).catch(() => 'cut');
    // A call that was begun later and is answered: the poll is with the sandbox.
    await sqs.send(new GetQueueUrlCommand({ QueueName: 'q' }));
    const started = performance.now();
    await aws.close();
    expect(await poll).toBe('cut');
    expect(performance.now() - started).toBeLessThan(1_000);
    aws = await startAws();
  });

  test('may be closed twice', async () => {
    await aws.close();
    await expect(aws.close()).resolves.toBeUndefined();
    aws = await startAws();
  });

  test('keeps the folder that it was given', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await aws.close();
    expect([existsSync(folder), await files()]).toEqual([true, 1]);
    aws = await startAws();
  });
});

describe('a put', () => {
  test('that is cut short stores nothing', async () => {
    const plain = new S3Client({ ...access(), requestChecksumCalculation: 'WHEN_REQUIRED' });
    const url = await getSignedUrl(plain, new PutObjectCommand({ Bucket, Key: 'cut' }));
    const { hostname, port, pathname, search, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1000\r\n\r\nonly this`);
    await vi.waitFor(async () => expect(await files()).toBe(1));
    socket.destroy();
    await vi.waitFor(async () => expect(await files()).toBe(0));
    const get = s3.send(new GetObjectCommand({ Bucket, Key: 'cut' }));
    await expect(get).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('that loses a condition leaves no file behind', async () => {
    const put = () => s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', IfNoneMatch: '*' }));
    await Promise.allSettled(Array.from({ length: 10 }, put));
    await vi.waitFor(async () => expect(await files()).toBe(1));
  });

  test('from another object, or with an unknown header, is not taken for a plain one', async () => {
    const copy = new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` });
    await expect(s3.send(copy)).rejects.toMatchObject({ name: 'NotImplemented' });
    const tagged = new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', Tagging: 'a=b' });
    await expect(s3.send(tagged)).rejects.toMatchObject({ message: expect.stringContaining('x-amz-tagging') });
  });
});

describe('a reader', () => {
  test('gets the whole of the object it began with, though it is replaced and deleted meanwhile', async () => {
    // Parts far larger than what sockets buffer, so that the last is not open yet when the object goes.
    const first = randomBytes(40 * 1024 * 1024);
    await new Upload({ client: s3, params: { Bucket, Key: 'k', Body: first }, partSize: first.length / 2 }).done();
    expect(await files()).toBe(2);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'second' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    const read = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(read.equals(first)).toBe(true);
    await vi.waitFor(async () => expect(await files()).toBe(0));
  });

  test('that goes away leaves the sandbox as it was', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: randomBytes(8 * 1024 * 1024) }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    if (Body instanceof Readable) Body.destroy();
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await vi.waitFor(async () => expect(await files()).toBe(0));
  });
});

describe("by the sandbox's clock", () => {
  const receive = async (sqs: SQSClient, QueueUrl: string | undefined) =>
    (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }))).Messages ?? [];
  const queue = async () => {
    const sqs = new SQSClient(access());
    const Attributes = { MessageRetentionPeriod: '600' };
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q', Attributes }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    return { sqs, QueueUrl };
  };

  test('a message returns when its visibility ends, and an old receipt can no longer extend it', async () => {
    const { sqs, QueueUrl } = await queue();
    const [first] = await receive(sqs, QueueUrl);
    nowMs += 29_999;
    expect(await receive(sqs, QueueUrl)).toEqual([]);
    nowMs += 1;
    const extend = new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle: first?.ReceiptHandle,
      VisibilityTimeout: 60,
    });
    await expect(sqs.send(extend)).rejects.toMatchObject({ name: 'MessageNotInflight' });
    expect(await receive(sqs, QueueUrl)).toMatchObject([
      { Attributes: { ApproximateReceiveCount: '2', ApproximateFirstReceiveTimestamp: String(nowMs - 30_000) } },
    ]);
    await expect(sqs.send(extend)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  test('a visibility may end within a second', async () => {
    const { sqs, QueueUrl } = await queue();
    const Attributes = { VisibilityTimeout: '0.0005' };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    expect(await receive(sqs, QueueUrl)).toHaveLength(1);
    expect(await receive(sqs, QueueUrl)).toEqual([]);
    nowMs += 1;
    expect(await receive(sqs, QueueUrl)).toHaveLength(1);
  });

  test('a message is gone when it has outlived its retention', async () => {
    const { sqs, QueueUrl } = await queue();
    nowMs += 600_000;
    expect(await receive(sqs, QueueUrl)).toEqual([]);
  });

  test('an object was modified', async () => {
    nowMs = Math.floor(nowMs / 1000) * 1000 + 5_000;
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    const { LastModified } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    expect(LastModified?.getTime()).toBe(nowMs);
  });
});
