import { ExportFailure } from '../../ledger/failure.ts';

/** What S3 did not do ("store the workbook"), and why, as far as its error's name tells. */
export function storeFailure(what: string, cause: unknown, signal?: AbortSignal): ExportFailure {
  const name = cause instanceof Error ? cause.name : 'an unknown error';
  const reason = signal?.aborted ? 'the time ran out' : name;
  return new ExportFailure('store-failed', `S3 did not ${what} (${reason}). Try again in a moment.`, { cause });
}
