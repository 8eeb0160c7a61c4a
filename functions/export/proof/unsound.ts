import { ExportFailure } from '../../ledger/failure.ts';
import type { ProofReason } from '../../ledger/metric-names.ts';

/** `workbook-unsound`: the offset in the file and what is wrong there, worded to follow "At byte N"; `proofReason` is what it counts as. */
export function unsound(position: number, reason: string, proofReason: ProofReason = 'zip-structure'): ExportFailure {
  return new ExportFailure('workbook-unsound', `At byte ${position} ${reason}.`, { proofReason });
}

/** A name out of the file, which nobody vouches for, as a message may show it: without control characters, and cut. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
