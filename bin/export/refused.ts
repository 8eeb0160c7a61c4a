import type { ProblemDocument } from '../export-documents.ts';

/** The proxy answered a call with a problem. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.problem = problem;
  }
}
