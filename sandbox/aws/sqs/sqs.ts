import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError, notInThisSandbox } from '../aws-error.ts';
import type { KnownCredentials } from '../credentials.ts';
import type { Store } from '../store.ts';
import { createLongPolls } from './long-poll.ts';
import { md5OfAttributes, messageAttributesSchema } from './message-attributes.ts';
import { attributesOf, settingsFrom } from './queue-settings.ts';
import { createQueues, type MessageQueue } from './queues.ts';
import { createReceive, receiveInput } from './receive.ts';

interface SqsDependencies {
  readonly store: Store;
  readonly now: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly endpoint: string;
}

/** Who calls, and whether that caller still waits. */
interface Caller {
  readonly credentials: KnownCredentials;
  readonly gone: AbortSignal;
}

const queueUrl = { QueueUrl: z.string() };
const attributes = z.record(z.string(), z.string());
const inputs = {
  create: z.strictObject({ QueueName: z.string().regex(/^[\w-]{1,80}$/), Attributes: attributes.default({}) }),
  name: z.strictObject({ QueueName: z.string() }),
  send: z.strictObject({
    ...queueUrl,
    MessageBody: z.string().min(1),
    DelaySeconds: z.int().min(0).max(900).optional(),
    MessageAttributes: messageAttributesSchema.default({}),
  }),
  delete: z.strictObject({ ...queueUrl, ReceiptHandle: z.string() }),
  hide: z.strictObject({ ...queueUrl, ReceiptHandle: z.string(), VisibilityTimeout: z.int().min(0).max(43_200) }),
  setAttributes: z.strictObject({ ...queueUrl, Attributes: attributes }),
  getAttributes: z.strictObject({ ...queueUrl, AttributeNames: z.array(z.string()).default([]) }),
  queue: z.strictObject(queueUrl),
};

/** Amazon SQS standard queues, JSON 1.0. */
export function createSqs({ store, now, region, accountId, endpoint }: SqsDependencies) {
  const queues = createQueues(store, now);
  const longPolls = createLongPolls();
  const urlOf = (name: string) => `${endpoint}/${accountId}/${name}`;
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;
  const byArn = (arn: string) => queues.find(arn.slice(arn.lastIndexOf(':') + 1));

  function find(url: string): MessageQueue {
    const queue = queues.find(url.slice(url.lastIndexOf('/') + 1));
    if (queue) return queue;
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
  }

  function settingsOf(given: Record<string, string>, current?: MessageQueue) {
    const settings = settingsFrom(given, current?.settings());
    const target = settings.RedrivePolicy?.deadLetterTargetArn;
    if (target === undefined || byArn(target)) return settings;
    throw new AwsError('InvalidParameterValue', `The dead-letter queue ${target} does not exist.`);
  }

  const receive = createReceive({ now, longPolls, deadLetterQueue: byArn });

  const operations: Record<string, (input: unknown, caller: Caller) => unknown> = {
    CreateQueue: (given) => {
      const { QueueName, Attributes } = inputs.create.parse(given);
      const existing = queues.find(QueueName);
      const settings = settingsOf(Attributes, existing);
      if (!existing) queues.keep(QueueName, settings);
      else if (JSON.stringify(attributesOf(settings)) !== JSON.stringify(attributesOf(existing.settings()))) {
        throw new AwsError('QueueNameExists', 'A queue already exists with the same name and other attributes.');
      }
      return { QueueUrl: urlOf(QueueName) };
    },
    GetQueueUrl: (given) => ({ QueueUrl: urlOf(find(inputs.name.parse(given).QueueName).name) }),
    SendMessage: (given, { credentials }) => {
      const { QueueUrl, MessageBody, DelaySeconds, MessageAttributes } = inputs.send.parse(given);
      const queue = find(QueueUrl);
      const { MaximumMessageSize } = queue.settings();
      if (Buffer.byteLength(MessageBody) > MaximumMessageSize) {
        const message = `One or more parameters are invalid. Reason: Message must be shorter than ${MaximumMessageSize} bytes.`;
        throw new AwsError('InvalidParameterValue', message);
      }
      const id = randomUUID();
      queue.add({
        id,
        body: MessageBody,
        attributes: MessageAttributes,
        senderId: credentials.userId,
        sentAtMs: now(),
        visibleAtMs: now() + (DelaySeconds ?? queue.settings().DelaySeconds) * 1000,
        receiveCount: 0,
        firstReceivedAtMs: undefined,
        receivedAtMs: undefined,
        receiptHandle: undefined,
      });
      longPolls.wake();
      const MD5OfMessageAttributes = md5OfAttributes(MessageAttributes);
      return { MessageId: id, MD5OfMessageBody: md5(MessageBody), MD5OfMessageAttributes };
    },
    ReceiveMessage: (given, { gone }) => {
      const input = receiveInput.parse(given);
      return receive(find(input.QueueUrl), input, gone);
    },
    DeleteMessage: (given) => {
      const { QueueUrl, ReceiptHandle } = inputs.delete.parse(given);
      find(QueueUrl).remove(ReceiptHandle);
      return {};
    },
    ChangeMessageVisibility: (given) => {
      const { QueueUrl, ReceiptHandle, VisibilityTimeout } = inputs.hide.parse(given);
      find(QueueUrl).hide(ReceiptHandle, VisibilityTimeout);
      longPolls.wake();
      return {};
    },
    SetQueueAttributes: (given) => {
      const { QueueUrl, Attributes } = inputs.setAttributes.parse(given);
      const queue = find(QueueUrl);
      queues.keep(queue.name, settingsOf(Attributes, queue));
      return {};
    },
    GetQueueAttributes: (given) => {
      const { QueueUrl, AttributeNames } = inputs.getAttributes.parse(given);
      const queue = find(QueueUrl);
      const { visible, inFlight, delayed } = queue.counts();
      const all: Record<string, string> = {
        ...attributesOf(queue.settings()),
        QueueArn: arnOf(queue.name),
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
        ApproximateNumberOfMessagesDelayed: String(delayed),
      };
      const isAsked = (attribute: string) => AttributeNames.includes('All') || AttributeNames.includes(attribute);
      return { Attributes: Object.fromEntries(Object.entries(all).filter(([attribute]) => isAsked(attribute))) };
    },
    PurgeQueue: (given) => {
      find(inputs.queue.parse(given).QueueUrl).purge();
      return {};
    },
  };

  return async (operation: string, input: unknown, caller: Caller): Promise<unknown> => {
    const run = operations[operation];
    if (!run) throw notInThisSandbox(`SQS ${operation}`);
    return run(input, caller);
  };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
