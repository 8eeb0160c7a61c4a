import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error.ts';
import type { MessageAttributes } from './message-attributes.ts';
import type { QueueSettings } from './queue-settings.ts';

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly senderId: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
  receiveCount: number;
  firstReceivedAtMs: number | undefined;
  receivedAtMs: number | undefined;
  /** The handle of the newest receive; earlier ones have lost their power. */
  receiptHandle: string | undefined;
}

/** The messages of one standard queue. */
export interface MessageQueue {
  readonly name: string;
  settings: QueueSettings;
  add(message: Message): void;
  /** Takes what is visible, at most `most`; `onExhausted` gets what was received too often already. */
  take(most: number, visibilitySeconds: number, onExhausted: (message: Message) => void): readonly Message[];
  /** A handle of an outdated receive deletes nothing, and SQS does not say so. */
  remove(receiptHandle: string): void;
  hide(receiptHandle: string, seconds: number): void;
  purge(): void;
  /** The moment the next hidden message returns, or Infinity. */
  nextVisibleAtMs(): number;
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number };
}

const longestHiddenMs = 43_200_000;

export function createMessageQueue(name: string, initial: QueueSettings, now: () => number): MessageQueue {
  const messages = new Set<Message>();
  const isHidden = ({ visibleAtMs }: Message) => visibleAtMs > now();

  function dropOutlived(): void {
    const oldestMs = now() - queue.settings.MessageRetentionPeriod * 1000;
    for (const message of messages) if (message.sentAtMs <= oldestMs) messages.delete(message);
  }

  function findByHandle(receiptHandle: string): Message | undefined {
    const [, ofQueue] = /^(.+)#[\w-]{36}$/.exec(Buffer.from(receiptHandle, 'base64').toString()) ?? [];
    if (ofQueue !== name) {
      const message = `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`;
      throw new AwsError('ReceiptHandleIsInvalid', message);
    }
    return [...messages].find((message) => message.receiptHandle === receiptHandle);
  }

  const queue: MessageQueue = {
    name,
    settings: initial,
    add: (message) => void messages.add(message),
    take: (most, visibilitySeconds, onExhausted) => {
      dropOutlived();
      const taken: Message[] = [];
      const mostReceives = queue.settings.RedrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY;
      for (const message of messages) {
        if (taken.length === most) break;
        if (isHidden(message)) continue;
        if (message.receiveCount >= mostReceives) {
          messages.delete(message);
          onExhausted(message);
          continue;
        }
        message.visibleAtMs = now() + visibilitySeconds * 1000;
        message.receiptHandle = Buffer.from(`${name}#${randomUUID()}`).toString('base64');
        message.receiveCount += 1;
        message.receivedAtMs = now();
        message.firstReceivedAtMs ??= message.receivedAtMs;
        taken.push(message);
      }
      return taken;
    },
    remove: (receiptHandle) => {
      const message = findByHandle(receiptHandle);
      if (message) messages.delete(message);
    },
    hide: (receiptHandle, seconds) => {
      const message = findByHandle(receiptHandle);
      if (!message) {
        const reason = 'Message does not exist or is not available for visibility timeout change.';
        throw new AwsError('InvalidParameterValue', `The receipt handle is invalid. Reason: ${reason}`);
      }
      if (!isHidden(message)) throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
      const untilMs = now() + seconds * 1000;
      if (untilMs > (message.receivedAtMs ?? 0) + longestHiddenMs) {
        const reason = 'Total VisibilityTimeout for the message is beyond the limit [43200 seconds].';
        throw new AwsError('InvalidParameterValue', `VisibilityTimeout is invalid. Reason: ${reason}`);
      }
      message.visibleAtMs = untilMs;
    },
    purge: () => messages.clear(),
    nextVisibleAtMs: () => Math.min(...[...messages].filter(isHidden).map(({ visibleAtMs }) => visibleAtMs)),
    counts: () => {
      dropOutlived();
      const hidden = [...messages].filter(isHidden);
      const delayed = hidden.filter(({ receiveCount }) => receiveCount === 0).length;
      return { visible: messages.size - hidden.length, inFlight: hidden.length - delayed, delayed };
    },
  };
  return queue;
}
