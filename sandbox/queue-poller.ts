import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';

interface QueuePollerOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  /** The function, as Lambda would invoke it. */
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
  readonly functionTimeoutSeconds: number;
  readonly maximumConcurrency: number;
  readonly batchSize: number;
}

/** Ends once no invocation runs any more. */
export interface QueuePoller {
  readonly close: () => Promise<void>;
}

const batchAnswerSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });
const pauseAfterFaultMs = 500;

/**
 * Does what Lambda's event source mapping does for SQS: batches in, and deletes what the function does not give back. Rejects,
 * as Lambda does, where a message would return while the function may still be at it.
 */
export async function startQueuePoller(options: QueuePollerOptions): Promise<QueuePoller> {
  await requireVisibility(options);
  const { sqs, queueUrl, invoke, maximumConcurrency, batchSize } = options;
  const closing = new AbortController();
  const isOpen = () => !closing.signal.aborted;

  async function receive(): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: batchSize,
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command, { abortSignal: closing.signal });
    return Messages;
  }

  /** A function that throws gives the whole batch back, as in Lambda: its messages return when their visibility ends. */
  async function handOver(messages: readonly Message[]): Promise<void> {
    const answer = await invoke({ Records: messages.map((message) => sqsRecord(message, options)) });
    const parsed = batchAnswerSchema.safeParse(answer ?? { batchItemFailures: [] });
    if (!parsed.success) return;
    const givenBack = new Set(parsed.data.batchItemFailures.map((failure) => failure.itemIdentifier));
    for (const { MessageId = '', ReceiptHandle } of messages) {
      if (givenBack.has(MessageId)) continue;
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
  }

  async function poll(): Promise<void> {
    while (isOpen()) {
      try {
        const messages = await receive();
        if (messages.length > 0) await handOver(messages);
      } catch {
        if (isOpen()) await sleep(pauseAfterFaultMs);
      }
    }
  }

  const pollers = Array.from({ length: maximumConcurrency }, poll);
  return {
    close: async () => {
      closing.abort();
      await Promise.all(pollers);
    },
  };
}

async function requireVisibility({ sqs, queueUrl, functionTimeoutSeconds }: QueuePollerOptions): Promise<void> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] }),
  );
  const seconds = Number(Attributes.VisibilityTimeout);
  if (seconds >= functionTimeoutSeconds) return;
  throw new Error(
    `The queue's visibility timeout is ${seconds} s, less than the function's time limit of ${functionTimeoutSeconds} s. Set it to that at least.`,
  );
}

function sqsRecord(message: Message, { queueArn, region }: QueuePollerOptions): SQSRecord {
  const { Attributes = {} } = message;
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? '1',
      SentTimestamp: Attributes.SentTimestamp ?? '0',
      SenderId: Attributes.SenderId ?? '',
      ApproximateFirstReceiveTimestamp: Attributes.ApproximateFirstReceiveTimestamp ?? '0',
    },
    messageAttributes: {},
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
