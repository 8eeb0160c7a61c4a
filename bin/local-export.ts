import {
  failedSchema,
  liveSchema,
  type ProblemDocument,
  problemSchema,
  type ReadyExport,
  readySchema,
} from './export-documents.ts';
import type { LocalOptions } from './local-options.ts';

/** What became of the one export: `document` is what `--json` prints, just as the HTTP interface answered it. */
export type Outcome =
  | {
      readonly isGood: true;
      readonly document: unknown;
      readonly ready: ReadyExport;
      readonly totalMs: number;
    }
  | { readonly isGood: false; readonly document: unknown; readonly totalMs: number; readonly problem: ProblemDocument };

/** Asks the HTTP interface for an export as any caller would, and waits for its end. */
export async function runExport(url: string, request: LocalOptions['exportRequest']): Promise<Outcome> {
  const startedMs = performance.now();
  const ended = await createAndWait(url, request);
  const totalMs = Math.round(performance.now() - startedMs);
  const ready = readySchema.safeParse(ended);
  if (ready.success) {
    return { isGood: true, document: ended, ready: ready.data, totalMs };
  }
  const failed = failedSchema.safeParse(ended);
  const problem = failed.success ? failed.data.problem : problemSchema.parse(ended);
  return { isGood: false, document: failed.success ? ended : { status: 'failed', problem }, totalMs, problem };
}

/** Answers a ready or failed export, or the problem of a request that never became one. */
async function createAndWait(url: string, request: LocalOptions['exportRequest']): Promise<unknown> {
  const created = await fetch(`${url}/api/export-data`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  let document: unknown = await created.json();
  const location = created.headers.get('location');
  const problem = problemSchema.safeParse(document);
  if (problem.success && problem.data.export_id !== undefined) {
    const path = `/exports/${request.view_name}/${problem.data.export_id}`;
    return (await fetch(`${url}${path}`)).json();
  }
  const isRunning = () => liveSchema.safeParse(document).success;
  while (isRunning()) document = await (await fetch(`${url}${location}?wait=20`)).json();
  return document;
}
