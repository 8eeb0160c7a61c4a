import * as z from 'zod';
import type { BeginExport } from '../ledger/begin-export.ts';
import { type Export, exportOf } from '../ledger/export.ts';
import { exportMessageOf } from '../ledger/export-message.ts';
import { deliverySchema, exportRequestSchema } from '../ledger/export-request.ts';
import { ExportFailure } from '../ledger/failure.ts';
import { faultsOf } from '../ledger/problem.ts';
import type { MakeLink } from '../ledger/link.ts';
import { type ExportRecord, isTerminal, type Records } from '../ledger/record.ts';
import type { RemoveWorkbooks } from '../ledger/workbooks.ts';
import type { Pause } from './held-lease.ts';
import type { RunExport } from './run-export.ts';

/**
 * A direct invocation: the payload is an export request with an optional `delivery` and `idempotency_key`; the answer is the
 * export with its link, a failed one with its `problem`, one that another invocation still runs as far as it is. Only a bad
 * payload (`request-invalid`), a key of another request (`idempotency-mismatch`), `store-failed` and defects throw.
 */
export type HandleInvocation = (payload: unknown, endsAtMs: number) => Promise<Export>;

interface InvocationDependencies {
  /** Sends its message delayed by one lease: should this invocation die, it comes when the lease has ended. */
  readonly beginExport: BeginExport;
  readonly runExport: RunExport;
  readonly records: Pick<Records, 'read'>;
  readonly removeWorkbooks: RemoveWorkbooks;
  readonly makeLink: MakeLink;
  readonly pause: Pause;
  readonly now: () => number;
  readonly reportDefect: (what: string, error: unknown) => void;
}

const payloadSchema = z.strictObject({
  ...exportRequestSchema.shape,
  delivery: deliverySchema.optional(),
  // Lambda names no caller, so all who may invoke the function share these keys.
  idempotency_key: z.string().min(1).max(255).optional(),
});

const lookAgainMs = 1_000;
/** Kept free for the answer. */
const closingMs = 2_000;

export function createHandleInvocation(dependencies: InvocationDependencies): HandleInvocation {
  const { beginExport, runExport, records, removeWorkbooks, makeLink, pause, now, reportDefect } = dependencies;

  /** Runs the export, or waits while another does. */
  async function end(begun: ExportRecord, endsAtMs: number): Promise<ExportRecord> {
    const message = exportMessageOf(begun);
    for (;;) {
      const outcome = await runExport({ message, endsAtMs });
      if ('record' in outcome) return outcome.record;
      if (now() + lookAgainMs + closingMs >= endsAtMs) break;
      await pause(Math.min(outcome.retryAfterMs, lookAgainMs), new AbortController().signal);
    }
    return (await records.read(begun.view_name, begun.export_id))?.record ?? begun;
  }

  return async (payload, endsAtMs) => {
    const { delivery = {}, idempotency_key: idempotencyKey, ...request } = parsePayload(payload);
    const begun = await beginExport({ request, delivery, trigger: { kind: 'invoke' }, idempotencyKey });
    const record = isTerminal(begun) ? begun : await end(begun, endsAtMs);
    // What stays undone here is done when the message comes.
    if (isTerminal(record)) {
      await removeWorkbooks(record).catch((error: unknown) => {
        if (!(error instanceof ExportFailure)) reportDefect(record.export_id, error);
      });
    }
    return exportOf(record, { makeLink, now, delivery });
  };
}

function parsePayload(payload: unknown): z.infer<typeof payloadSchema> {
  const parsed = payloadSchema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const errors = faultsOf(parsed.error);
  const words = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new ExportFailure('request-invalid', `The payload is not an export request. ${words}`, { errors });
}
