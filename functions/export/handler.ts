import * as z from 'zod';
import type { Export } from '../ledger/export.ts';
import { type ExportMessage, exportMessageSchema } from '../ledger/export-message.ts';
import type { RemoveWorkbooks } from '../ledger/workbooks.ts';
import type { HandleInvocation } from './invocation.ts';
import { parseJson } from './parse-json.ts';
import type { Queue } from './queue.ts';
import type { RunExport } from './run-export.ts';
import type { ClaimFireTime } from './schedule/claim-fire-time.ts';
import { type ScheduledMessage, scheduledMessageSchema } from './schedule/scheduled-message.ts';

/** Lambda's answer to a batch of SQS messages: the ones to be given back. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The one thing the export function wants of Lambda's context. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/** The export function: a batch of SQS messages, or a direct invocation, which alone can throw. */
export type ExportHandler = (event: unknown, context: InvocationContext) => Promise<Export | BatchAnswer>;

interface ExportHandlerDependencies {
  readonly runExport: RunExport;
  readonly removeWorkbooks: RemoveWorkbooks;
  readonly queue: Queue;
  readonly claimFireTime: ClaimFireTime;
  readonly handleInvocation: HandleInvocation;
  readonly now: () => number;
  readonly reportDefect: (what: string, error: unknown) => void;
}

const sqsEventSchema = z.object({
  Records: z.array(z.object({ messageId: z.string(), receiptHandle: z.string(), body: z.string() })),
});
type SqsRecord = z.infer<typeof sqsEventSchema>['Records'][number];

export function createExportHandler(dependencies: ExportHandlerDependencies): ExportHandler {
  const { runExport, removeWorkbooks, queue, claimFireTime, handleInvocation, now, reportDefect } = dependencies;

  /** Answers whether the message is done with; otherwise it is to be given back. */
  async function handleMessage(record: SqsRecord, endsAtMs: number): Promise<boolean> {
    try {
      const parsed = parseMessage(record.body);
      const message = 'schedule' in parsed ? await claimFireTime(parsed) : parsed;
      const hideMessage = (seconds: number) => queue.hide(record.receiptHandle, seconds);
      const outcome = await runExport({ message, endsAtMs, hideMessage });
      if ('record' in outcome) {
        await removeWorkbooks(outcome.record);
        return true;
      }
      await hideMessage(Math.max(1, Math.ceil(outcome.retryAfterMs / 1000)));
    } catch (error) {
      reportDefect(`message ${record.messageId}`, error);
    }
    return false;
  }

  async function handleBatch(messages: readonly SqsRecord[], endsAtMs: number): Promise<BatchAnswer> {
    const areDone = await Promise.all(messages.map((message) => handleMessage(message, endsAtMs)));
    const givenBack = messages.filter((_, position) => areDone[position] !== true);
    return { batchItemFailures: givenBack.map((message) => ({ itemIdentifier: message.messageId })) };
  }

  return (event, context) => {
    const endsAtMs = now() + context.getRemainingTimeInMillis();
    const batch = sqsEventSchema.safeParse(event);
    return batch.success ? handleBatch(batch.data.Records, endsAtMs) : handleInvocation(event, endsAtMs);
  };
}

const messageSchema = z.union([exportMessageSchema, scheduledMessageSchema]);

/** What nobody can parse is given back until the queue puts it with the dead letters. Its words stay out of the log. */
function parseMessage(body: string): ExportMessage | ScheduledMessage {
  const parsed = messageSchema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) =>
    issue.code === 'invalid_union' ? issue.errors.flat() : [issue],
  );
  const paths = new Set(faults.map(({ path }) => path.join('.')));
  throw new Error(`the message is neither an export message nor a schedule's: ${[...paths].join(', ')}`);
}
