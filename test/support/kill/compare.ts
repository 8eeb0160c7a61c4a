import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { startAws } from '../../../sandbox/aws/start.ts';
import { absent, Bucket, type Knowledge, md5, queueName, secretName } from './clients.ts';

interface Found {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly QueueUrl: string;
  readonly known: Knowledge;
  /** Operations that the kill left without an answer. */
  readonly unanswered: readonly string[];
}

/**
 * Opens the folder of a killed sandbox, a minute later by its clock, and expects in it every acknowledged write, of those that
 * were not answered all or nothing, and no file beside. What is found becomes what is known.
 */
export async function compare(folder: string, known: Knowledge, unanswered: readonly string[]): Promise<void> {
  const aws = await startAws({ folder, now: () => Date.now() + 60_000 });
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const QueueUrl = `${aws.endpoint}/000000000000/${queueName}`;
  const found = { s3: new S3Client(access), sqs: new SQSClient(access), QueueUrl, known, unanswered };
  try {
    const files = (await compareObjects(found)) + (await compareUploads(found));
    expect((await readdir(join(folder, 'bodies'))).length).toBe(files);
    await compareMessages(found);
    const { SecretString } = await new SecretsManagerClient(access).send(
      new GetSecretValueCommand({ SecretId: secretName }),
    );
    expect(known.secret.of(secretName)).toContain(SecretString);
    known.secret.is(secretName, `${SecretString}`);
    for (const [UploadId, { key: Key }] of known.uploads) {
      await found.s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
    known.uploads.clear();
  } finally {
    await aws.close();
  }
}

/** Answers how many files the objects have. */
async function compareObjects({ s3, known }: Found): Promise<number> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  let files = 0;
  for (const { Key = '', ETag, Size } of Contents) {
    const { Body, ETag: told } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const [, parts] = /-(\d+)"$/.exec(`${ETag}`) ?? [];
    expect({ Size, told }).toEqual({ Size: bytes.length, told: ETag });
    if (parts === undefined) expect(ETag).toBe(`"${md5(bytes)}"`);
    expect(known.objects.of(Key), Key).toContain(md5(bytes));
    known.objects.is(Key, md5(bytes));
    files += Number(parts ?? 1);
  }
  for (const key of known.objects.names()) {
    if (Contents.some(({ Key }) => Key === key)) continue;
    expect(known.objects.of(key), key).toContain(absent);
    known.objects.is(key, absent);
  }
  return files;
}

/** Answers how many files the parts have. An upload is there just when its object is not. */
async function compareUploads({ s3, known, unanswered }: Found): Promise<number> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  let files = 0;
  for (const { Key = '', UploadId = '' } of Uploads) {
    const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    files += Parts.length;
    const upload = known.uploads.get(UploadId);
    if (!upload) continue;
    for (const number of upload.parts.names()) {
      const { ETag = absent } = Parts.find(({ PartNumber }) => String(PartNumber) === number) ?? {};
      expect(upload.parts.of(number)).toContain(ETag.replaceAll('"', ''));
    }
  }
  const begun = unanswered.filter((operation) => operation === 'begin').length;
  expect(Uploads.filter(({ UploadId = '' }) => !known.uploads.has(UploadId)).length).toBeLessThanOrEqual(begun);
  for (const [id, { key, makes }] of known.uploads) {
    const isThere = Uploads.some(({ UploadId }) => UploadId === id);
    expect(isThere, `upload of ${key}`).toBe(known.objects.of(key)[0] !== makes);
    if (!isThere) known.uploads.delete(id);
  }
  for (const { Key = '', UploadId = '' } of Uploads) {
    known.uploads.set(UploadId, known.uploads.get(UploadId) ?? { key: Key, parts: known.objects, makes: absent });
  }
  return files;
}

/** A minute has passed: what was delayed or in flight is visible. Every message comes once, and none is left. */
async function compareMessages({ sqs, QueueUrl, known, unanswered }: Found): Promise<void> {
  const bodies: string[] = [];
  const unsure = unanswered.filter((operation) => operation === 'receive').length;
  const command = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] };
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(command));
    if (Messages.length === 0) break;
    for (const { Body = '', Attributes, ReceiptHandle } of Messages) {
      const more = Number(Attributes?.ApproximateReceiveCount) - 1 - (known.receives.get(Body) ?? 0);
      expect(more >= 0 && more <= unsure, `${Body} came ${more} times more often than anybody knows`).toBe(true);
      bodies.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
  expect(new Set(bodies).size).toBe(bodies.length);
  for (const body of new Set([...known.messages.names(), ...bodies])) {
    expect(known.messages.of(body)).toContain(bodies.includes(body) ? body : absent);
    known.messages.is(body, absent);
  }
}
