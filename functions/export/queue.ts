import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ExportMessage } from '../ledger/export-message.ts';

/** The queue as the export function uses it. */
export interface Queue {
  /** Sends the message that takes over should this invocation die. SQS delays by at most 900 s. */
  sendDelayed(message: ExportMessage, delaySeconds: number): Promise<void>;
  /** Hides a message that is given back, so that it returns when there is something to do for it. */
  hide(receiptHandle: string, seconds: number): Promise<void>;
}

export function createQueue(sqs: () => SQSClient, queueUrl: string): Queue {
  return {
    sendDelayed: async (message, delaySeconds) => {
      await sqs().send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(message),
          DelaySeconds: delaySeconds,
        }),
      );
    },
    hide: async (receiptHandle, seconds) => {
      await sqs().send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }),
      );
    },
  };
}
