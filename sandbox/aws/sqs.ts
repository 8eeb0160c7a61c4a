import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError, notInThisSandbox } from './aws-error.ts';

interface SqsDependencies {
  readonly now: () => number;
  readonly accountId: string;
  readonly endpoint: () => string;
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
  receiptHandle: string | undefined;
  receiveCount: number;
  firstReceivedAtMs: number | undefined;
}

interface Queue {
  readonly name: string;
  readonly attributes: Map<string, string>;
  messages: Message[];
}

const queueUrl = { QueueUrl: z.string() };
const inputs = {
  create: z.object({
    QueueName: z.string().regex(/^[\w-]{1,80}$/),
    Attributes: z.record(z.string(), z.string()).default({}),
  }),
  name: z.object({ QueueName: z.string() }),
  send: z.object({ ...queueUrl, MessageBody: z.string().min(1), DelaySeconds: z.int().min(0).max(900).default(0) }),
  receive: z.object({
    ...queueUrl,
    MaxNumberOfMessages: z.int().min(1).max(10).default(1),
    WaitTimeSeconds: z.int().min(0).max(20).default(0),
    VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  }),
  delete: z.object({ ...queueUrl, ReceiptHandle: z.string() }),
  visibility: z.object({ ...queueUrl, ReceiptHandle: z.string(), VisibilityTimeout: z.int().min(0).max(43_200) }),
  attributes: z.object({ ...queueUrl, Attributes: z.record(z.string(), z.string()) }),
  queue: z.object(queueUrl),
};
const redriveSchema = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number().int().min(1) });
const longestMessageBytes = 1_048_576;

/** Amazon SQS standard queues, JSON 1.0. Long polls wake when a message comes or becomes visible. */
export function createSqs({ now, accountId, endpoint }: SqsDependencies) {
  const queues = new Map<string, Queue>();
  const sleepers = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of sleepers) wake();
  };

  function find(url: string): Queue {
    const queue = queues.get(url.slice(url.lastIndexOf('/') + 1));
    if (queue) return queue;
    throw new AwsError('com.amazonaws.sqs#QueueDoesNotExist', 'The specified queue does not exist.');
  }

  /** Takes what is visible; what was received too often goes to the dead-letter queue instead. */
  function take(queue: Queue, most: number, visibilitySeconds: number): readonly Message[] {
    const taken: Message[] = [];
    const redrive = redriveOf(queue);
    const waiting = queue.messages;
    for (const message of waiting) {
      if (taken.length === most) break;
      if (message.visibleAtMs > now()) continue;
      if (redrive && message.receiveCount >= redrive.maxReceiveCount) {
        queue.messages = queue.messages.filter((other) => other !== message);
        const target = redrive.deadLetterTargetArn;
        queues.get(target.slice(target.lastIndexOf(':') + 1))?.messages.push({ ...message, receiptHandle: undefined });
        continue;
      }
      message.visibleAtMs = now() + visibilitySeconds * 1000;
      message.receiptHandle = randomUUID();
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= now();
      taken.push(message);
    }
    return taken;
  }

  /** Resolves when something may have become visible, at the latest after `ms`. */
  function sleep(ms: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        sleepers.delete(wake);
        gone.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      sleepers.add(wake);
      gone.addEventListener('abort', wake);
    });
  }

  async function receive(given: unknown, gone: AbortSignal): Promise<unknown> {
    const input = inputs.receive.parse(given);
    const queue = find(input.QueueUrl);
    const visibility = input.VisibilityTimeout ?? Number(queue.attributes.get('VisibilityTimeout') ?? 30);
    const untilMs = now() + input.WaitTimeSeconds * 1000;
    for (;;) {
      if (gone.aborted) return {};
      const taken = take(queue, input.MaxNumberOfMessages, visibility);
      const leftMs = untilMs - now();
      if (taken.length > 0) return { Messages: taken.map(received) };
      if (leftMs <= 0) return {};
      const nextVisibleMs = Math.min(...queue.messages.map((message) => message.visibleAtMs)) - now();
      await sleep(Math.max(1, Math.min(leftMs, nextVisibleMs)), gone);
    }
  }

  const operations: Record<string, (input: unknown) => unknown> = {
    CreateQueue: (given) => {
      const { QueueName, Attributes } = inputs.create.parse(given);
      if (!queues.has(QueueName))
        queues.set(QueueName, { name: QueueName, attributes: new Map(Object.entries(Attributes)), messages: [] });
      return { QueueUrl: `${endpoint()}/${accountId}/${QueueName}` };
    },
    GetQueueUrl: (given) => ({
      QueueUrl: `${endpoint()}/${accountId}/${find(inputs.name.parse(given).QueueName).name}`,
    }),
    SendMessage: (given) => {
      const { QueueUrl, MessageBody, DelaySeconds } = inputs.send.parse(given);
      if (Buffer.byteLength(MessageBody) > longestMessageBytes) {
        throw new AwsError(
          'InvalidParameterValue',
          'One or more parameters are invalid. Message must be shorter than 1048576 bytes.',
        );
      }
      const message = {
        id: randomUUID(),
        body: MessageBody,
        sentAtMs: now(),
        visibleAtMs: now() + DelaySeconds * 1000,
      };
      find(QueueUrl).messages.push({
        ...message,
        receiptHandle: undefined,
        receiveCount: 0,
        firstReceivedAtMs: undefined,
      });
      wakeAll();
      return { MessageId: message.id, MD5OfMessageBody: md5(MessageBody) };
    },
    DeleteMessage: (given) => {
      const { QueueUrl, ReceiptHandle } = inputs.delete.parse(given);
      const queue = find(QueueUrl);
      // A handle of an earlier receive deletes nothing, and SQS does not say so.
      queue.messages = queue.messages.filter((message) => message.receiptHandle !== ReceiptHandle);
      return {};
    },
    ChangeMessageVisibility: (given) => {
      const { QueueUrl, ReceiptHandle, VisibilityTimeout } = inputs.visibility.parse(given);
      const message = find(QueueUrl).messages.find(({ receiptHandle }) => receiptHandle === ReceiptHandle);
      if (!message) throw new AwsError('com.amazonaws.sqs#ReceiptHandleIsInvalid', 'The receipt handle is not valid.');
      if (message.visibleAtMs <= now())
        throw new AwsError('com.amazonaws.sqs#MessageNotInflight', 'The message is not in flight.');
      message.visibleAtMs = now() + VisibilityTimeout * 1000;
      wakeAll();
      return {};
    },
    SetQueueAttributes: (given) => {
      const { QueueUrl, Attributes } = inputs.attributes.parse(given);
      const queue = find(QueueUrl);
      for (const [name, value] of Object.entries(Attributes)) queue.attributes.set(name, value);
      return {};
    },
    GetQueueAttributes: (given) => {
      const queue = find(inputs.queue.parse(given).QueueUrl);
      const inFlight = queue.messages.filter(
        (message) => message.visibleAtMs > now() && message.receiveCount > 0,
      ).length;
      const delayed = queue.messages.filter(
        (message) => message.visibleAtMs > now() && message.receiveCount === 0,
      ).length;
      return {
        Attributes: {
          ...Object.fromEntries(queue.attributes),
          QueueArn: `arn:aws:sqs:sandbox:${accountId}:${queue.name}`,
          ApproximateNumberOfMessages: String(queue.messages.length - inFlight - delayed),
          ApproximateNumberOfMessagesNotVisible: String(inFlight),
          ApproximateNumberOfMessagesDelayed: String(delayed),
        },
      };
    },
  };

  return {
    call: async (operation: string, input: unknown, gone: AbortSignal): Promise<unknown> => {
      if (operation === 'ReceiveMessage') return receive(input, gone);
      const run = operations[operation];
      if (!run) throw notInThisSandbox(`SQS ${operation}`);
      return run(input);
    },
    close: wakeAll,
  };
}

function redriveOf(queue: Queue) {
  const policy = queue.attributes.get('RedrivePolicy');
  return policy === undefined ? undefined : redriveSchema.parse(JSON.parse(policy));
}

function received(message: Message) {
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAtMs),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? 0),
      SenderId: 'AIDASANDBOX',
    },
  };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
