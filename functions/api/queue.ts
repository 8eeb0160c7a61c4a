import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ExportMessage } from '../ledger/export-message.ts';
import { ExportFailure } from '../ledger/failure.ts';

/** Puts an export's message on the queue. Fails with `store-failed` where SQS refuses. */
export function createSendMessage(sqs: () => SQSClient, queueUrl: string): (message: ExportMessage) => Promise<void> {
  return async (message) => {
    await sqs()
      .send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }))
      .catch((cause: unknown) => {
        const name = cause instanceof Error ? cause.name : 'an unknown error';
        throw new ExportFailure('store-failed', `SQS did not take the export (${name}). Try again in a moment.`, {
          cause,
        });
      });
  };
}
