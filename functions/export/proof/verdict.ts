import { ExportFailure } from '../../ledger/failure.ts';
import type { PartFacts } from './workbook-parts.ts';

/** How judging ended, in a form that passes from thread to thread: errors would lose their class on the way, and what is their own. */
export type Verdict =
  | { readonly facts: PartFacts }
  | { readonly failure: Pick<ExportFailure, 'code' | 'message'> & Pick<ExportFailure['facts'], 'proofReason'> }
  | { readonly defect: Defect };

/** What is logged of an error that nobody expected. */
interface Defect {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

export async function verdictOf(judged: Promise<PartFacts>): Promise<Verdict> {
  try {
    return { facts: await judged };
  } catch (error) {
    if (!(error instanceof ExportFailure)) return { defect: defectOf(error) };
    const { code, message, facts } = error;
    return { failure: { code, message, ...(facts.proofReason && { proofReason: facts.proofReason }) } };
  }
}

function defectOf(error: unknown): Defect {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, code: undefined };
  const { name, message, stack } = error;
  return { name, message, stack, code: 'code' in error ? String(error.code) : undefined };
}

/** The error that judging ended with, if it did. */
export function errorOf(verdict: Exclude<Verdict, { readonly facts: PartFacts }>): unknown {
  if ('defect' in verdict) return Object.assign(new Error(verdict.defect.message), verdict.defect);
  const { code, message, ...facts } = verdict.failure;
  return new ExportFailure(code, message, facts);
}
