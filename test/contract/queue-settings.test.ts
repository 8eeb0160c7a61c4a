import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';
import { refusal } from './refusal.ts';

let endpoint: ContractEndpoint;
let sqs: SQSClient;

beforeAll(async () => {
  endpoint = await openEndpoint();
  sqs = new SQSClient({ ...endpoint.access, maxAttempts: 1 });
});

afterAll(() => endpoint.close());

const create = async (QueueName = freshName('q')) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl;
const send = (QueueUrl: string | undefined, MessageBody: string, more: object = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
const receive = async (QueueUrl: string | undefined, more: object = {}) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
const hide = (QueueUrl: string | undefined, ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
  sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));

describe('a queue', () => {
  clause('is found by its name and tells its ARN', async () => {
    const QueueName = freshName('named');
    const QueueUrl = await create(QueueName);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl).toBe(QueueUrl);
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    expect(Attributes?.['QueueArn']).toMatch(new RegExp(`^arn:aws:sqs:[a-z0-9-]+:\\d{12}:${QueueName}$`));
  });

  clause('keeps the settings that it is given later', async () => {
    const QueueUrl = await create();
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '77' } }));
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] });
    expect((await sqs.send(asked)).Attributes).toEqual({ VisibilityTimeout: '77' });
  });

  clause('is empty after it was purged', async () => {
    const QueueUrl = await create();
    await send(QueueUrl, 'x');
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(await receive(QueueUrl)).toEqual([]);
  });
});

describe('a message', () => {
  clause('tells the MD5 of its body, and carries attributes', async () => {
    const QueueUrl = await create();
    const MessageAttributes = { trace: { DataType: 'String', StringValue: 'Root=1-2' } };
    const sent = await send(QueueUrl, 'grüße', { MessageAttributes });
    const md5 = createHash('md5').update('grüße').digest('hex');
    const [message] = await receive(QueueUrl, { MessageAttributeNames: ['All'] });
    expect([sent.MD5OfMessageBody, message?.MD5OfBody]).toEqual([md5, md5]);
    expect(message).toMatchObject({ MessageAttributes, MD5OfMessageAttributes: sent.MD5OfMessageAttributes });
  });

  clause('of over 1 MiB is refused, and one of just that is not', async () => {
    const QueueUrl = await create();
    await send(QueueUrl, 'x'.repeat(1_048_576));
    expect(await refusal(send(QueueUrl, 'x'.repeat(1_048_577)))).toMatchObject({ status: 400 });
  });

  clause('tells only those facts that are asked for', async () => {
    const QueueUrl = await create();
    await send(QueueUrl, 'x');
    const [message] = await receive(QueueUrl, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(message?.Attributes).toEqual({ ApproximateReceiveCount: '1' });
  });
});

describe('a receipt handle', () => {
  clause('of an earlier receive neither deletes nor fails', async () => {
    const QueueUrl = await create();
    await send(QueueUrl, 'x');
    const [first] = await receive(QueueUrl);
    await hide(QueueUrl, first?.ReceiptHandle, 0);
    const [second] = await receive(QueueUrl, { WaitTimeSeconds: 2 });
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    await hide(QueueUrl, second?.ReceiptHandle, 0);
    expect(await receive(QueueUrl, { WaitTimeSeconds: 2 })).toMatchObject([{ Body: 'x' }]);
  });

  clause('that is none is refused', async () => {
    const QueueUrl = await create();
    expect(await refusal(hide(QueueUrl, 'nonsense', 0))).toMatchObject({ name: 'ReceiptHandleIsInvalid', status: 400 });
  });

  clause('wakes a long poll when it gives the message back', async () => {
    const QueueUrl = await create();
    await send(QueueUrl, 'back');
    const [message] = await receive(QueueUrl);
    const started = Date.now();
    const waiting = receive(QueueUrl, { WaitTimeSeconds: 10 });
    await hide(QueueUrl, message?.ReceiptHandle, 0);
    expect(await waiting).toMatchObject([{ Body: 'back' }]);
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});
