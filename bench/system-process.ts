import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createApiFunction } from '../functions/api/api-function.ts';
import { routes } from '../functions/api/routes.ts';
import { createExportFunction } from '../functions/export/export-function.ts';
import { startGateway } from '../sandbox/gateway.ts';
import { lambdaContext } from '../sandbox/lambda-context.ts';
import { answerQuestions } from './answer-questions.ts';
import { nowMs } from './clock.ts';
import { type Platform, platformSchema } from './platform.ts';

/**
 * The process of both functions: the api function behind a gateway, answering at once; the export function, which is
 * invoked by whoever asks, so that the calls of the two can be told apart.
 */
const questionSchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('start'), platform: platformSchema }),
  z.object({ ask: z.literal('receive') }),
  z.object({ ask: z.literal('export'), event: z.unknown() }),
]);

let system: Awaited<ReturnType<typeof startSystem>> | undefined;

answerQuestions(
  async (asked) => {
    const question = questionSchema.parse(asked);
    if (question.ask === 'start') {
      system = await startSystem(question.platform);
      return { url: system.url };
    }
    if (question.ask === 'receive') return system?.receive();
    const answer = await system?.exportFunction(question.event);
    return { answer, answeredAtMs: nowMs() };
  },
  async () => system?.close(),
);

/** The lines are made, and spare the terminal. */
const writeLine = () => undefined;

async function startSystem({ access, accountId, environment }: Platform) {
  const context = (name: string, seconds: number) => lambdaContext(name, seconds, access.region, accountId);
  const apiFunction = createApiFunction(environment, { aws: access, writeLine, waitMs: 0 });
  const exportFunction = createExportFunction(environment, { aws: access, writeLine });
  const sqs = new SQSClient(access);
  const gateway = await startGateway({
    port: 0,
    routes: Object.values(routes).flatMap(({ methods, path, isOpen }) =>
      methods.map((method) => ({ method, path, isOpen })),
    ),
    identity: { accountId, userId: 'AIDABENCH', userArn: `arn:aws:iam::${accountId}:user/bench` },
    invoke: (event) => apiFunction(event, context('api', 29)),
    now: Date.now,
  });
  return {
    url: gateway.url,
    close: gateway.close,
    exportFunction: (event: unknown) => exportFunction(event, context('export', 900)),
    /** The next message as Lambda's event source mapping would hand it over. */
    receive: async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: environment.QUEUE_URL, WaitTimeSeconds: 5 }),
      );
      return {
        Records: Messages.map(({ MessageId, ReceiptHandle, Body }) => ({
          messageId: MessageId,
          receiptHandle: ReceiptHandle,
          body: Body,
        })),
      };
    },
  };
}
