import * as z from 'zod';
import type { Export } from '../ledger/export.ts';
import { ExportFailure } from '../ledger/failure.ts';
import { type ExportMessage, exportMessageSchema } from '../ledger/export-message.ts';
import type { Observer } from '../ledger/observer.ts';
import type { RemoveWorkbooks } from '../ledger/workbooks.ts';
import type { Announce } from './announce/announce.ts';
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
  readonly announce: Announce;
  readonly queue: Queue;
  readonly claimFireTime: ClaimFireTime;
  readonly handleInvocation: HandleInvocation;
  readonly now: () => number;
  readonly observer: Pick<Observer, 'tell' | 'reportDefect' | 'measure'>;
}

const sqsEventSchema = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({ ApproximateReceiveCount: z.coerce.number().int().min(1).catch(1) }).optional(),
    }),
  ),
});
type SqsRecord = z.infer<typeof sqsEventSchema>['Records'][number];

export function createExportHandler(dependencies: ExportHandlerDependencies): ExportHandler {
  const { runExport, removeWorkbooks, announce, queue, claimFireTime, handleInvocation, now, observer } = dependencies;

  /** Answers whether the message is done with; otherwise it is to be given back. */
  async function handleMessage(record: SqsRecord, endsAtMs: number): Promise<boolean> {
    try {
      const parsed = parseMessage(record.body);
      const message = 'schedule' in parsed ? await claimFireTime(parsed) : parsed;
      const hideMessage = (seconds: number) => queue.hide(record.receiptHandle, seconds);
      const outcome = await runExport({ message, endsAtMs, hideMessage });
      if ('record' in outcome) {
        await removeWorkbooks(outcome.record);
        // The last step, so that nothing after it can fail and have it repeated.
        if (await announce(outcome.record)) return true;
        await hideMessage(announceAgainSeconds(record));
      } else {
        await hideMessage(Math.max(1, Math.ceil(outcome.retryAfterMs / 1000)));
      }
    } catch (error) {
      noteGivenBack(record, error);
    }
    return false;
  }

  /** It comes back when its visibility ends: the lease's length, or the queue's own. */
  function noteGivenBack({ messageId }: SqsRecord, error: unknown): void {
    if (error instanceof ExportFailure) {
      observer.tell('message given back', { message_id: messageId, code: error.code });
      observer.measure('MessagesGivenBack', 1, {});
    } else observer.reportDefect(`message ${messageId}`, error);
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

/** From half a minute to a quarter of an hour: with the queue's 100 receives, an outage of the bus may last a day. */
function announceAgainSeconds({ attributes }: SqsRecord): number {
  return Math.min(30 * 2 ** ((attributes?.ApproximateReceiveCount ?? 1) - 1), 900);
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
