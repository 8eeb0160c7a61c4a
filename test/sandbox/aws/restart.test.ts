import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
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
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

let folder: string;
let aws: AwsSandbox;
let nowMs: number;
let s3: S3Client;
let sqs: SQSClient;
let secrets: SecretsManagerClient;
const Bucket = 'bucket';
const partBytes = 5 * 1024 * 1024;

const access = () => ({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, maxAttempts: 1 });
const bodies = () => readdir(join(folder, 'bodies'));

async function start(): Promise<void> {
  aws = await startAws({ folder, now: () => nowMs });
  s3 = new S3Client(access());
  sqs = new SQSClient(access());
  secrets = new SecretsManagerClient(access());
}

async function restart(): Promise<void> {
  await aws.close();
  await start();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restart-'));
  nowMs = Date.now();
  await start();
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterEach(async () => {
  await aws.close();
  await rm(folder, { recursive: true });
});

describe('after a restart', () => {
  test('an object is what it was: bytes, ETag, checksum, headers, metadata and age', async () => {
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'k ü',
        Body: 'hello',
        ContentType: 'text/plain',
        ContentDisposition: 'attachment',
        Metadata: { a: 'b' },
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    const told = async () => {
      const {
        Body,
        $metadata: _,
        ...facts
      } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k ü', ChecksumMode: 'ENABLED' }));
      return { ...facts, text: await Body?.transformToString() };
    };
    const before = await told();
    nowMs += 60_000;
    await restart();
    expect(await told()).toEqual(before);
    expect(before).toMatchObject({ text: 'hello', Metadata: { a: 'b' }, ChecksumSHA256: expect.any(String) });
    const again = s3.send(new PutObjectCommand({ Bucket, Key: 'k ü', Body: 'x', IfNoneMatch: '*' }));
    await expect(again).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(s3.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    });
  });

  test('keys are listed as before, in pages and by prefix', async () => {
    const keys = ['a/2', 'a/1', 'a/é', 'a/😀', 'a/\uffee', 'b/1'];
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    await restart();
    const listed: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'a/', MaxKeys: 2, ContinuationToken, EncodingType: 'url' }),
      );
      listed.push(...(page.Contents ?? []).map(({ Key }) => decodeURIComponent(`${Key}`)));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(listed).toEqual(['a/1', 'a/2', 'a/é', 'a/\uffee', 'a/😀']);
  });

  test('an unfinished upload goes on with the parts it has, and its object is the parts together', async () => {
    const target = { Bucket, Key: 'big', ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ContentType: 'text/plain' }));
    const part = async (PartNumber: number, Body: Buffer) => {
      const command = { Bucket, Key: 'big', UploadId, PartNumber, Body, ChecksumAlgorithm: 'CRC32' } as const;
      const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand(command));
      return { PartNumber, ETag, ChecksumCRC32 };
    };
    const [first, second] = [Buffer.alloc(partBytes, 'a'), Buffer.from('the end')];
    await part(1, Buffer.from('replaced'));
    const Parts = [await part(1, first)];
    await restart();
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(Uploads).toMatchObject([{ Key: 'big', UploadId, Initiated: new Date(nowMs) }]);
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key: 'big', UploadId }));
    expect(listed.Parts).toMatchObject([{ ...Parts[0], Size: partBytes }]);
    Parts.push(await part(2, second));
    await restart();
    const complete = { Bucket, Key: 'big', UploadId, MultipartUpload: { Parts } };
    const { ETag } = await s3.send(new CompleteMultipartUploadCommand(complete));
    await restart();
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'big', ChecksumMode: 'ENABLED' }));
    expect(got).toMatchObject({ ETag, ContentType: 'text/plain', ChecksumCRC32: expect.any(String) });
    const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.concat([first, second]))).toBe(true);
    await expect(s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'big', UploadId }))).rejects.toMatchObject({
      name: 'NoSuchUpload',
    });
    expect(await bodies()).toHaveLength(2);
  });

  test('a queue has its settings, and its messages their age, attributes and count', async () => {
    const dead = await sqs.send(new CreateQueueCommand({ QueueName: 'dead' }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ['All'] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 2 });
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({ QueueName: 'q', Attributes: { VisibilityTimeout: '7', RedrivePolicy } }),
    );
    const MessageAttributes = { n: { DataType: 'Number', StringValue: '1' } };
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello ü', MessageAttributes }));
    const receive = async (from = QueueUrl) => {
      const names = { MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] };
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: from, ...names }));
      return Messages;
    };
    const sentAtMs = nowMs;
    const [first] = await receive();
    await restart();
    expect(await receive()).toEqual([]);
    nowMs += 7_000;
    const [second] = await receive();
    expect(second).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'hello ü',
      MessageAttributes,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      Attributes: {
        ApproximateReceiveCount: '2',
        SentTimestamp: String(sentAtMs),
        ApproximateFirstReceiveTimestamp: String(sentAtMs),
      },
    });
    // The first receipt has lost its power, the second has not.
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    await restart();
    const hide = { QueueUrl, ReceiptHandle: second?.ReceiptHandle, VisibilityTimeout: 0 };
    await sqs.send(new ChangeMessageVisibilityCommand(hide));
    expect(await receive()).toEqual([]);
    await restart();
    expect(await receive(dead.QueueUrl)).toMatchObject([{ Body: 'hello ü', MessageId: sent.MessageId }]);
  });

  test('a delay goes on, and a message in flight returns when its visibility ends', async () => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
    const receive = async (VisibilityTimeout: number) =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout }))).Messages?.map(({ Body }) => Body);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'in flight' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 20 }));
    expect(await receive(10)).toEqual(['in flight']);
    nowMs += 9_999;
    await restart();
    expect(await receive(10)).toBeUndefined();
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    });
    nowMs += 1;
    expect(await receive(60)).toEqual(['in flight']);
    nowMs += 9_999;
    await restart();
    expect(await receive(10)).toBeUndefined();
    nowMs += 1;
    expect(await receive(10)).toEqual(['delayed']);
  });

  test('a secret has its ARN, its versions and their labels', async () => {
    const { ARN, VersionId: first = '' } = await secrets.send(
      new CreateSecretCommand({ Name: 'secret', SecretString: 'one' }),
    );
    const { VersionId: second = '' } = await secrets.send(
      new PutSecretValueCommand({ SecretId: ARN, SecretString: 'two' }),
    );
    const pending = { SecretId: ARN, SecretString: 'three', VersionStages: ['AWSPENDING'] };
    const { VersionId: third = '' } = await secrets.send(new PutSecretValueCommand(pending));
    await restart();
    const described = await secrets.send(new DescribeSecretCommand({ SecretId: 'secret' }));
    expect(described).toMatchObject({
      ARN,
      VersionIdsToStages: { [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'], [third]: ['AWSPENDING'] },
    });
    expect(await secrets.send(new GetSecretValueCommand({ SecretId: ARN }))).toMatchObject({ SecretString: 'two' });
  });

  test('a link goes on, at the same port, though temporary credentials signed it', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));
    const assume = { RoleArn: 'arn:aws:iam::000000000000:role/link', RoleSessionName: 'link' };
    const { Credentials } = await new STSClient(access()).send(new AssumeRoleCommand(assume));
    const credentials = {
      accessKeyId: `${Credentials?.AccessKeyId}`,
      secretAccessKey: `${Credentials?.SecretAccessKey}`,
      sessionToken: `${Credentials?.SessionToken}`,
    };
    const get = new GetObjectCommand({ Bucket, Key: 'k' });
    const links = [await getSignedUrl(s3, get), await getSignedUrl(new S3Client({ ...access(), credentials }), get)];
    const keyOf = ({ endpoint, credentials: own }: AwsSandbox) => [endpoint, own.accessKeyId, own.secretAccessKey];
    const before = keyOf(aws);
    await restart();
    expect(keyOf(aws)).toEqual(before);
    for (const link of links) expect(await (await fetch(link)).text()).toBe('hello');
    nowMs += 2 * 3_600_000;
    await restart();
    for (const link of links) expect((await fetch(link)).status).toBe(403);
  });

  test('another port is taken where the last one is not free', async () => {
    const { endpoint } = aws;
    await aws.close();
    const other = await startAws({ port: Number(new URL(endpoint).port) });
    await start();
    expect(aws.endpoint).not.toBe(endpoint);
    await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })).catch(() => undefined);
    await other.close();
  });
});

describe('a folder', () => {
  test('is open to one sandbox at a time, and says so', async () => {
    await expect(startAws({ folder })).rejects.toThrow(/aws\.sqlite is in use by another sandbox\. Stop that one/);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'still served' }));
  });

  test('is free again after a start that failed on its port', async () => {
    const taken = Number(new URL(aws.endpoint).port);
    const other = join(folder, 'other');
    await expect(startAws({ folder: other, port: taken })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await (await startAws({ folder: other })).close();
  });

  test('of another version is refused', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    const database = new DatabaseSync(join(other, 'aws.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(startAws({ folder: other })).rejects.toThrow('has version 99, and this sandbox reads 1');
  });

  test('can be read by its owner only, for it holds passwords and keys', async () => {
    const made = join(folder, 'made', 'here');
    const other = await startAws({ folder: made });
    const modes = ['', 'bodies', 'aws.sqlite', 'aws.sqlite-wal'].map((name) => stat(join(made, name)));
    expect((await Promise.all(modes)).map(({ mode }) => mode & 0o077)).toEqual([0, 0, 0, 0]);
    await other.close();
  });

  test('loses at a start what no row names, and nothing that is not its own', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));
    const kept = await bodies();
    await aws.close();
    await writeFile(join(folder, 'bodies', randomUUID()), 'half a bo');
    await writeFile(join(folder, 'bodies', 'notes.txt'), 'mine');
    await start();
    expect((await bodies()).toSorted()).toEqual([...kept, 'notes.txt'].toSorted());
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    expect(await Body?.transformToString()).toBe('hello');
  });

  test('keeps no body that was replaced, deleted or aborted', async () => {
    for (const Body of ['one', 'two']) await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));
    await vi.waitFor(async () => expect(await bodies()).toHaveLength(1));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    const part = { Bucket, Key: 'k', UploadId, PartNumber: 1 };
    for (const Body of ['three', 'four']) await s3.send(new UploadPartCommand({ ...part, Body }));
    await vi.waitFor(async () => expect(await bodies()).toHaveLength(2));
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
    await vi.waitFor(async () => expect(await bodies()).toHaveLength(1));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await vi.waitFor(async () => expect(await bodies()).toEqual([]));
  });

  test('keeps every body where the last step of a write fails', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'one' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
    const part = { Bucket, Key: 'k', UploadId, PartNumber: 1, Body: 'two' };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    await aws.close();
    const inDatabase = (sql: string) => {
      const database = new DatabaseSync(join(folder, 'aws.sqlite'));
      database.exec(sql);
      database.close();
    };
    // Stands for a full disk: the object is replaced, and then its upload cannot be ended.
    inDatabase("CREATE TRIGGER full BEFORE DELETE ON uploads BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    await start();
    const Parts = [{ PartNumber: 1, ETag }];
    const complete = () =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }));
    const text = async () => (await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }))).Body?.transformToString();
    await expect(complete()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(await text()).toBe('one');
    await aws.close();
    inDatabase('DROP TRIGGER full');
    await start();
    expect(await text()).toBe('one');
    await complete();
    expect(await text()).toBe('two');
  });
});
