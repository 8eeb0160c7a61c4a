import * as z from 'zod';
import { type Export, exportOf } from '../ledger/export.ts';
import { newExportId } from '../ledger/export-id.ts';
import type { ExportMessage } from '../ledger/export-message.ts';
import { deliverySchema, exportRequestSchema } from '../ledger/export-request.ts';
import { ExportFailure, faultsOf } from '../ledger/failure.ts';
import type { MakeLink } from '../ledger/link.ts';
import type { RemoveWorkbooks } from '../ledger/workbooks.ts';
import type { Queue } from './queue.ts';
import type { RunExport } from './run-export.ts';

/**
 * A direct invocation: the payload is an export request with an optional `delivery`; the answer is the export with its link, a
 * failed one with its `problem`. Only a bad payload (`request-invalid`) and defects throw.
 */
export type HandleInvocation = (payload: unknown, endsAtMs: number) => Promise<Export>;

interface InvocationDependencies {
  readonly runExport: RunExport;
  readonly removeWorkbooks: RemoveWorkbooks;
  readonly queue: Queue;
  readonly makeLink: MakeLink;
  readonly leaseSeconds: number;
  readonly now: () => number;
  readonly reportDefect: (what: string, error: unknown) => void;
}

const payloadSchema = z.strictObject({ ...exportRequestSchema.shape, delivery: deliverySchema.optional() });

export function createHandleInvocation(dependencies: InvocationDependencies): HandleInvocation {
  const { runExport, removeWorkbooks, queue, makeLink, leaseSeconds, now, reportDefect } = dependencies;

  return async (payload, endsAtMs) => {
    const { delivery = {}, ...request } = parsePayload(payload);
    const message: ExportMessage = {
      export_id: newExportId(now()),
      request,
      delivery,
      trigger: { kind: 'invoke' },
      created_at: new Date(now()).toISOString(),
    };
    // Should this invocation die, the message comes when its lease has ended; else it finds the export ended.
    await queue.sendDelayed(message, leaseSeconds);
    const outcome = await runExport({ message, endsAtMs });
    if (!('record' in outcome)) throw new Error(`another run holds the lease of the new export ${message.export_id}`);
    // What stays undone here is done when that message comes.
    await removeWorkbooks(outcome.record).catch((error: unknown) => reportDefect(message.export_id, error));
    return exportOf(outcome.record, { makeLink, now });
  };
}

function parsePayload(payload: unknown): z.infer<typeof payloadSchema> {
  const parsed = payloadSchema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const errors = faultsOf(parsed.error);
  const words = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new ExportFailure('request-invalid', `The payload is not an export request. ${words}`, { errors });
}
