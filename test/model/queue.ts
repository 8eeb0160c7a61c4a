import type { Queue } from '../../functions/export/queue.ts';
import { messageRetentionSeconds } from '../../functions/ledger/read-record.ts';
import type { Machine } from './machine.ts';
import type { Scheduler } from './scheduler.ts';

/** A message that waits; one that is hidden comes back. */
export interface WaitingMessage {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
}

/** SQS: at least once, in any order. */
export interface ModelQueue {
  readonly send: (body: string, delaySeconds: number) => void;
  readonly queueFor: (machine: Machine) => Queue;
  /** Those that a consumer could receive now. */
  readonly visible: () => readonly WaitingMessage[];
  /** Hides it for as long as an invocation may take, as the queue's own setting does. */
  readonly receive: (message: WaitingMessage) => void;
  readonly remove: (message: WaitingMessage) => void;
  readonly waiting: () => readonly WaitingMessage[];
}

const visibilitySeconds = 900;

export function createModelQueue({ now }: Scheduler): ModelQueue {
  let messages: WaitingMessage[] = [];
  let sent = 0;
  const send = (body: string, delaySeconds: number) => {
    sent += 1;
    messages.push({ id: `m${sent}`, body, sentAtMs: now(), visibleAtMs: now() + delaySeconds * 1000 });
  };
  /** SQS forgets what it has kept for long enough, wherever it is. */
  const kept = () => {
    messages = messages.filter(({ sentAtMs }) => sentAtMs + messageRetentionSeconds * 1000 > now());
    return messages;
  };
  return {
    send,
    queueFor: (machine) => ({
      sendDelayed: (message, seconds) => machine.call(() => send(JSON.stringify(message), seconds)),
      hide: (receiptHandle, seconds) =>
        machine.call(() => {
          const found = messages.find(({ id }) => id === receiptHandle);
          if (found) found.visibleAtMs = now() + seconds * 1000;
        }),
    }),
    visible: () => kept().filter(({ visibleAtMs }) => visibleAtMs <= now()),
    receive: (message) => {
      message.visibleAtMs = now() + visibilitySeconds * 1000;
    },
    remove: (message) => {
      messages = messages.filter((other) => other !== message);
    },
    waiting: kept,
  };
}
