import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Random } from '../../../sandbox/knosc/data/random.ts';
import type { KillableSandbox } from './killable-sandbox.ts';
import { createPossible, type Possible } from './possible.ts';

export const Bucket = 'bucket';
export const queueName = 'queue';
export const secretName = 'secret';
export const firstSecret = 'value 0';
export const absent = 'absent';

interface Upload {
  readonly key: string;
  /** MD5 of the parts by number, or `absent`. */
  readonly parts: Possible<string>;
  /** MD5 of the object that it makes. */
  readonly makes: string;
}

/** What clients know of a sandbox that is killed again and again. */
export interface Knowledge {
  /** MD5 of the bytes by key, or `absent`. */
  readonly objects: Possible<string>;
  /** By id. */
  readonly uploads: Map<string, Upload>;
  /** Bodies that are there, or `absent`. */
  readonly messages: Possible<string>;
  /** How often a message has come for sure. */
  readonly receives: Map<string, number>;
  readonly secret: Possible<string>;
}

export function knowNothing(): Knowledge {
  return {
    objects: createPossible(absent),
    uploads: new Map(),
    messages: createPossible(absent),
    receives: new Map(),
    secret: createPossible(firstSecret),
  };
}

const clients = 4;
const partBytes = 5 * 1024 * 1024;

/** Clients that write, all at once and at random, until the sandbox is killed. Each has keys of its own, and one the secret. */
export async function writeUntilKilled(sandbox: KillableSandbox, random: Random, known: Knowledge): Promise<void> {
  const access = { ...sandbox.access, maxAttempts: 1 };
  const s3 = new S3Client(access);
  const sqs = new SQSClient(access);
  const secrets = new SecretsManagerClient(access);
  const QueueUrl = `${access.endpoint}/000000000000/${queueName}`;
  const inHand: Message[] = [];

  /** Notes what a write may have done before it is answered, and what it has done after. */
  async function write(
    possible: Possible<string>,
    name: string,
    value: string,
    operation: string,
    send: () => Promise<unknown>,
  ) {
    possible.asked(name, value);
    const answer = await sandbox.call(operation, send);
    if (answer !== undefined) possible.is(name, value);
    return answer !== undefined;
  }

  const operations = {
    put: (Key: string) => {
      const Body = bytesOf(random, random.once(6) ? 1_500_000 : random.whole(0, 65_536));
      return write(known.objects, Key, md5(Body), 'put', () => s3.send(new PutObjectCommand({ Bucket, Key, Body })));
    },
    remove: (Key: string) =>
      write(known.objects, Key, absent, 'remove', () => s3.send(new DeleteObjectCommand({ Bucket, Key }))),
    upload: async (Key: string) => {
      const begun = await sandbox.call('begin', () => s3.send(new CreateMultipartUploadCommand({ Bucket, Key })));
      if (!begun) return;
      const UploadId = `${begun.UploadId}`;
      const contents = [bytesOf(random, partBytes), bytesOf(random, random.whole(1, 65_536))];
      const upload = { key: Key, parts: createPossible(absent), makes: md5(Buffer.concat(contents)) };
      known.uploads.set(UploadId, upload);
      const Parts = contents.map((Body, index) => ({ PartNumber: index + 1, ETag: `"${md5(Body)}"` }));
      for (const [index, Body] of contents.entries()) {
        const part = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: index + 1, Body });
        if (!(await write(upload.parts, String(index + 1), md5(Body), 'part', () => s3.send(part)))) return;
      }
      const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
      const send = () => s3.send(new CompleteMultipartUploadCommand(complete));
      if (await write(known.objects, Key, upload.makes, 'complete', send)) known.uploads.delete(UploadId);
    },
    send: () => {
      const MessageBody = `message ${random.whole(0, 2 ** 50)}`;
      const message = { QueueUrl, MessageBody, DelaySeconds: random.once(4) ? 30 : 0 };
      return write(known.messages, MessageBody, MessageBody, 'send', () => sqs.send(new SendMessageCommand(message)));
    },
    receive: async () => {
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 3 });
      const { Messages = [] } = (await sandbox.call('receive', () => sqs.send(command))) ?? {};
      inHand.push(...Messages);
      for (const { Body } of Messages) known.receives.set(`${Body}`, (known.receives.get(`${Body}`) ?? 0) + 1);
    },
    removeMessage: async () => {
      const { Body, ReceiptHandle } = inHand.pop() ?? {};
      if (Body === undefined) return;
      const command = new DeleteMessageCommand({ QueueUrl, ReceiptHandle });
      await write(known.messages, Body, absent, 'remove message', () => sqs.send(command));
    },
    putSecret: () => {
      const SecretString = `value ${random.whole(1, 2 ** 50)}`;
      const command = new PutSecretValueCommand({ SecretId: secretName, SecretString });
      return write(known.secret, secretName, SecretString, 'put secret', () => secrets.send(command));
    },
  };

  async function work(client: number): Promise<void> {
    const { put, remove, upload, send, receive, removeMessage, putSecret } = operations;
    const choices = [put, put, put, remove, upload, send, send, send, receive, receive, removeMessage, removeMessage];
    while (sandbox.isAlive()) {
      const operation = random.pick(client === 0 ? [...choices, putSecret] : choices);
      await operation(`${client}/${random.whole(1, 5)}`);
    }
  }

  await Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
  await sandbox.dead;
}

function bytesOf(random: Random, length: number): Buffer {
  return Buffer.alloc(length, `${random.whole(0, 2 ** 50)} `);
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
