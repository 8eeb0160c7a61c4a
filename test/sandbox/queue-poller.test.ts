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

async function start(invoke: (event: SQSEvent) => Promise<unknown>, maximumConcurrency = 1, batchSize = 10) {
  poller = await startQueuePoller({ ...options(), invoke, maximumConcurrency, batchSize });
}

const options = () => ({
  sqs,
  queueUrl,
  queueArn: 'arn:aws:sqs:eu-central-1:000000000000:q',
  region: aws.region,
  functionTimeoutSeconds: 1,
});

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
    const came = Promise.withResolvers<SQSEvent>();
    await start((given) => {
      came.resolve(given);
      return Promise.resolve({ batchItemFailures: [] });
    });
    expect((await came.promise).Records).toMatchObject([
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
    const twice = Promise.withResolvers<string[]>();
    const seen: string[] = [];
    await start((event) => {
      seen.push(...event.Records.map(({ attributes }) => attributes.ApproximateReceiveCount));
      if (seen.length < 2) return refuse(event);
      twice.resolve(seen);
      return Promise.resolve();
    });
    expect(await twice.promise).toEqual(['1', '2']);
  });

  test('of a batch is deleted though another of it is given back', async () => {
    await Promise.all([send('good'), send('bad')]);
    const good = Promise.withResolvers<void>();
    await start(({ Records }) => {
      const failures = Records.filter(({ body }) => body === 'bad');
      if (Records.some(({ body }) => body === 'good')) good.resolve();
      return Promise.resolve({ batchItemFailures: failures.map(({ messageId }) => ({ itemIdentifier: messageId })) });
    });
    await good.promise;
    await poller.close();
    expect(await left()).toBe(1);
  });
});

test('never more invocations run at once than the set number', async () => {
  let running = 0;
  let most = 0;
  let done = 0;
  await Promise.all(Array.from({ length: 12 }, (_, n) => send(String(n))));
  const all = Promise.withResolvers<void>();
  await start(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await left();
      running -= 1;
      done += 1;
      if (done === 12) all.resolve();
    },
    3,
    1,
  );
  await all.promise;
  expect(most).toBe(3);
});

test('a queue whose messages would return while the function may still be at them is refused, as by Lambda', async () => {
  await start(() => Promise.resolve());
  const starting = startQueuePoller({
    ...options(),
    functionTimeoutSeconds: 2,
    invoke: () => Promise.resolve(),
    maximumConcurrency: 1,
    batchSize: 1,
  });
  await expect(starting).rejects.toThrow('visibility timeout is 1 s, less than the function');
});
