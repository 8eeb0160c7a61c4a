import type { Export } from '../ledger/export.ts';
import { ExportFailure } from '../ledger/failure.ts';
import { type Problem, problemOf } from '../ledger/problem.ts';
import { problemDocument } from './problem.ts';

/** An HTTP API answer in payload format 2.0. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** JSON that nobody may keep: an export's answer holds a link, and a link is a bearer secret. */
export function jsonAnswer(statusCode: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

/** 304 Not Modified (RFC 9110, 15.4.5): the headers of the 200 that it stands for, and no body. */
export function notModifiedAnswer(headers: Readonly<Record<string, string>>): Answer {
  return { statusCode: 304, headers: { 'cache-control': 'no-store', ...headers }, body: '' };
}

/** 303 See Other: whoever follows it asks with GET, whatever method this answer was for. */
export function redirectAnswer(location: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { statusCode: 303, headers: { location, 'cache-control': 'no-store', ...headers }, body: '' };
}

/** An RFC 9457 answer. `exportId` is given where the failure is about one export. */
export function problemAnswer(problem: Problem, requestId: string, exportId?: string): Answer {
  const document = problemDocument(problem);
  const retryAfter = problem.retry_after_s === undefined ? {} : { 'retry-after': String(problem.retry_after_s) };
  return {
    statusCode: document.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...retryAfter },
    body: JSON.stringify({ ...document, ...(exportId && { export_id: exportId }), request_id: requestId }),
  };
}

/** The answer to anything thrown. `allowed` is what the path takes, and is said where the method was the fault. */
export function failureAnswer(error: unknown, requestId: string, allowed: string | undefined): Answer {
  const exportId = error instanceof ExportFailure ? error.facts.exportId : undefined;
  const answer = problemAnswer(problemOf(error), requestId, exportId);
  if (answer.statusCode !== 405 || allowed === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, allow: allowed } };
}

/** An export as HTTP shows it: the problem of a failed one carries its type and status. */
export function exportDocument(shown: Export) {
  return 'problem' in shown ? { ...shown, problem: problemDocument(shown.problem) } : shown;
}

/** Where an export lies. */
export function exportPath(viewName: string, exportId: string): string {
  return `/exports/${viewName}/${exportId}`;
}
