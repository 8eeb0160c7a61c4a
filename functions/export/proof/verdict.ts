import { ExportFailure } from '../../ledger/failure.ts';
import type { PartFacts } from './workbook-parts.ts';

/** How judging ended, in a form that passes from thread to thread: errors lose their class on the way. */
export type Verdict =
  | { readonly facts: PartFacts }
  | { readonly failure: Pick<ExportFailure, 'code' | 'message' | 'facts'> }
  | { readonly defect: unknown };

export async function verdictOf(judged: Promise<PartFacts>): Promise<Verdict> {
  try {
    return { facts: await judged };
  } catch (error) {
    if (!(error instanceof ExportFailure)) return { defect: error };
    const { code, message, facts } = error;
    return { failure: { code, message, facts } };
  }
}

/** The error that judging ended with, if it did. */
export function errorOf(verdict: Exclude<Verdict, { readonly facts: PartFacts }>): unknown {
  if ('defect' in verdict) return verdict.defect;
  const { code, message, facts } = verdict.failure;
  return new ExportFailure(code, message, facts);
}
