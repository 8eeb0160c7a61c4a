import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SendMessage } from '../ledger/begin-export.ts';
import { ExportFailure } from '../ledger/failure.ts';

/** Puts an export's message on the queue, where it may lie hidden for up to 900 s. Fails with `store-failed` where SQS refuses. */
export function createSendMessage(sqs: () => SQSClient, queueUrl: string): SendMessage {
  return async (message, DelaySeconds) => {
    const MessageBody = JSON.stringify(message);
    await sqs()
      .send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, DelaySeconds }))
      .catch((cause: unknown) => {
        const name = cause instanceof Error ? cause.name : 'an unknown error';
        throw new ExportFailure('store-failed', `SQS did not take the export (${name}). Try again in a moment.`, {
          cause,
        });
      });
  };
}
