import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import * as z from 'zod';
import type { LongPolls } from './long-poll.ts';
import { md5OfAttributes } from './message-attributes.ts';
import type { Message, MessageQueue } from './queues.ts';

interface ReceiveDependencies {
  readonly now: () => number;
  readonly longPolls: LongPolls;
  readonly deadLetterQueue: (arn: string) => MessageQueue | undefined;
}

const names = z.array(z.string()).default([]);
export const receiveInput = z.strictObject({
  QueueUrl: z.string(),
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  AttributeNames: names,
  MessageSystemAttributeNames: names,
  MessageAttributeNames: names,
});

type ReceiveInput = z.infer<typeof receiveInput>;

/** ReceiveMessage: waits for a message, and answers at once when one comes or becomes visible. */
export function createReceive({ now, longPolls, deadLetterQueue }: ReceiveDependencies) {
  return async (queue: MessageQueue, input: ReceiveInput, gone: AbortSignal): Promise<unknown> => {
    // A caller waits in real time, whatever the sandbox's clock says.
    const waitSeconds = input.WaitTimeSeconds ?? queue.settings().ReceiveMessageWaitTimeSeconds;
    const untilMs = performance.now() + waitSeconds * 1000;
    while (!gone.aborted) {
      const { VisibilityTimeout, RedrivePolicy } = queue.settings();
      const taken = queue.take(input.MaxNumberOfMessages, input.VisibilityTimeout ?? VisibilityTimeout, (message) => {
        const target = RedrivePolicy && deadLetterQueue(RedrivePolicy.deadLetterTargetArn);
        target?.add({ ...message, visibleAtMs: now(), receiptHandle: undefined });
        longPolls.wake();
      });
      if (taken.length > 0) return { Messages: taken.map((message) => received(message, input)) };
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      await longPolls.wait(Math.max(1, Math.min(leftMs, queue.nextVisibleAtMs() - now())), gone);
    }
    return {};
  };
}

function received(message: Message, input: ReceiveInput) {
  const facts = {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAtMs),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? 0),
    SenderId: message.senderId,
  };
  const asked = [...input.AttributeNames, ...input.MessageSystemAttributeNames];
  const told = Object.entries(facts).filter(([name]) => asked.includes('All') || asked.includes(name));
  const wanted = input.MessageAttributeNames;
  const isWanted = (name: string) => wanted.includes('All') || wanted.includes('.*') || wanted.includes(name);
  const attributes = Object.fromEntries(Object.entries(message.attributes).filter(([name]) => isWanted(name)));
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: createHash('md5').update(message.body).digest('hex'),
    ...(told.length > 0 && { Attributes: Object.fromEntries(told) }),
    ...(Object.keys(attributes).length > 0 && {
      MessageAttributes: attributes,
      MD5OfMessageAttributes: md5OfAttributes(attributes),
    }),
  };
}
