import * as z from 'zod';
import { type AwsSandbox, startAws } from '../sandbox/aws/start.ts';
import { createResources } from '../sandbox/resources.ts';
import { answerQuestions } from './answer-questions.ts';
import { cpuSecondsOf } from './clock.ts';

/** AWS's process: the sandbox's, with what the stack would make in it. */
const questionSchema = z.discriminatedUnion('ask', [
  z.object({
    ask: z.literal('start'),
    account: z.object({ base_url: z.string(), username: z.string(), password: z.string() }),
  }),
  z.object({ ask: z.literal('calls') }),
  z.object({ ask: z.literal('cpu seconds') }),
]);

let aws: AwsSandbox | undefined;

answerQuestions(
  async (asked) => {
    const question = questionSchema.parse(asked);
    if (question.ask === 'cpu seconds') return cpuSecondsOf();
    if (question.ask === 'calls') return aws?.calls();
    aws = await startAws();
    const { endpoint, region, accountId, credentials } = aws;
    const environment = await createResources(aws, question.account, 900);
    return { access: { endpoint, region, credentials }, accountId, environment };
  },
  async () => aws?.close(),
);
