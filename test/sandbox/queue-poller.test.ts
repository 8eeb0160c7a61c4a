import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AwsSandbox, startAws } from '../../sandbox/aws/start.ts';
import { type QueuePoller, startQueuePoller } from '../../sandbox/queue-poller.ts';

let aws: AwsSandbox;
let sqs: SQSClient;
let queueUrl: string;
let poller: QueuePoller;

beforeEach(async () => {
  aws = await startAws();
  sqs = new SQSClient({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: 'q', Attributes: { VisibilityTimeout: '1' } }),
  );
  queueUrl = QueueUrl;
});

afterEach(async () => {
  await poller.close();
  await aws.close();
});

function start(invoke: (event: SQSEvent) => Promise<unknown>, maximumConcurrency = 1, batchSize = 10): void {
  const queueArn = 'arn:aws:sqs:eu-central-1:000000000000:q';
  poller = startQueuePoller({ sqs, queueUrl, queueArn, region: aws.region, invoke, maximumConcurrency, batchSize });
}

const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));

async function left(): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}

describe('a message', () => {
  test('comes as an event of SQS, and is deleted when the function answers', async () => {
    await send('hello');
    const event = await new Promise<SQSEvent>((resolve) => {
      start((given) => {
        resolve(given);
        return Promise.resolve({ batchItemFailures: [] });
      });
    });
    expect(event.Records).toMatchObject([
      {
        body: 'hello',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:q',
        attributes: { ApproximateReceiveCount: '1' },
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
      },
    ]);
    await poller.close();
    expect(await left()).toBe(0);
  });

  test.each([
    [
      'that the function gives back',
      ({ Records }: SQSEvent) =>
        Promise.resolve({ batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) }),
    ],
    ['whose function throws', () => Promise.reject(new Error('x'))],
  ])('%s comes again when its visibility ends', async (_name, refuse) => {
    await send('again');
    const counts = await new Promise<string[]>((resolve) => {
      const seen: string[] = [];
      start((event) => {
        seen.push(...event.Records.map(({ attributes }) => attributes.ApproximateReceiveCount));
        if (seen.length < 2) return refuse(event);
        resolve(seen);
        return Promise.resolve();
      });
    });
    expect(counts).toEqual(['1', '2']);
  });

  test('of a batch is deleted though another of it is given back', async () => {
    await Promise.all([send('good'), send('bad')]);
    await new Promise<void>((resolve) => {
      start(({ Records }) => {
        const failures = Records.filter(({ body }) => body === 'bad');
        if (Records.some(({ body }) => body === 'good')) resolve();
        return Promise.resolve({ batchItemFailures: failures.map(({ messageId }) => ({ itemIdentifier: messageId })) });
      });
    });
    await poller.close();
    expect(await left()).toBe(1);
  });
});

test('never more invocations run at once than the set number', async () => {
  let running = 0;
  let most = 0;
  let done = 0;
  await Promise.all(Array.from({ length: 12 }, (_, n) => send(String(n))));
  await new Promise<void>((resolve) => {
    start(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await left();
        running -= 1;
        done += 1;
        if (done === 12) resolve();
      },
      3,
      1,
    );
  });
  expect(most).toBe(3);
});
