import * as z from 'zod';
import { type Export, exportOf } from '../ledger/export.ts';
import { newExportId } from '../ledger/export-id.ts';
import { type ExportMessage, exportMessageSchema } from '../ledger/export-message.ts';
import { deliverySchema, exportRequestSchema } from '../ledger/export-request.ts';
import { ExportFailure, faultsOf } from '../ledger/failure.ts';
import type { MakeLink } from '../ledger/link.ts';
import { parseJson } from './parse-json.ts';
import type { Queue } from './queue.ts';
import type { RunExport } from './run-export.ts';

/** Lambda's answer to a batch of SQS messages: the ones to be given back. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The one thing the export function wants of Lambda's context. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/**
 * The export function: a batch of SQS messages, or an invocation whose payload is an export request with an optional
 * `delivery`. An invocation answers the export with its link, a failed one with its `problem`; only a bad payload
 * (`request-invalid`) and defects throw.
 */
export type ExportHandler = (event: unknown, context: InvocationContext) => Promise<Export | BatchAnswer>;

interface ExportHandlerDependencies {
  readonly runExport: RunExport;
  readonly queue: Queue;
  readonly makeLink: MakeLink;
  readonly now: () => number;
  readonly reportDefect: (what: string, error: unknown) => void;
}

const sqsEventSchema = z.object({
  Records: z.array(z.object({ messageId: z.string(), receiptHandle: z.string(), body: z.string() })),
});
type SqsRecord = z.infer<typeof sqsEventSchema>['Records'][number];

const invocationSchema = z.strictObject({ ...exportRequestSchema.shape, delivery: deliverySchema.optional() });

// SQS and Lambda both end at 15 minutes; a delay may be one lease long, and a lease one invocation.
const longestDelaySeconds = 900;
const longestVisibilitySeconds = 43_200;

export function createExportHandler(dependencies: ExportHandlerDependencies): ExportHandler {
  const { runExport, queue, makeLink, now, reportDefect } = dependencies;

  /** Answers whether the message is done with; otherwise it is to be given back. */
  async function handleMessage(record: SqsRecord, remainingMs: number): Promise<boolean> {
    try {
      const outcome = await runExport(parseMessage(record.body), remainingMs);
      if ('record' in outcome) return true;
      const seconds = Math.ceil((outcome.retryAtMs - now()) / 1000);
      await queue.hide(record.receiptHandle, Math.min(Math.max(seconds, 1), longestVisibilitySeconds));
    } catch (error) {
      reportDefect(`message ${record.messageId}`, error);
    }
    return false;
  }

  async function handleBatch(messages: readonly SqsRecord[], remainingMs: number): Promise<BatchAnswer> {
    const areDone = await Promise.all(messages.map((message) => handleMessage(message, remainingMs)));
    const givenBack = messages.filter((_, position) => areDone[position] !== true);
    return { batchItemFailures: givenBack.map((message) => ({ itemIdentifier: message.messageId })) };
  }

  async function handleInvocation(payload: unknown, remainingMs: number): Promise<Export> {
    const parsed = invocationSchema.safeParse(payload);
    if (!parsed.success) {
      const errors = faultsOf(parsed.error);
      const words = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
      throw new ExportFailure('request-invalid', `The payload is not an export request. ${words}`, { errors });
    }
    const { delivery = {}, ...request } = parsed.data;
    const message: ExportMessage = {
      export_id: newExportId(now()),
      request,
      delivery,
      trigger: { kind: 'invoke' },
      created_at: new Date(now()).toISOString(),
    };
    await queue.sendDelayed(message, Math.min(Math.ceil(remainingMs / 1000), longestDelaySeconds));
    const outcome = await runExport(message, remainingMs);
    if (!('record' in outcome)) throw new Error(`another run holds the lease of the new export ${message.export_id}`);
    return exportOf(outcome.record, { makeLink, now });
  }

  return (event, context) => {
    const remainingMs = context.getRemainingTimeInMillis();
    const batch = sqsEventSchema.safeParse(event);
    return batch.success ? handleBatch(batch.data.Records, remainingMs) : handleInvocation(event, remainingMs);
  };
}

/** What nobody can parse is given back until the queue puts it with the dead letters. Its words stay out of the log. */
function parseMessage(body: string): ExportMessage {
  const parsed = exportMessageSchema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  throw new Error(
    `the message is not an export message: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`,
  );
}
