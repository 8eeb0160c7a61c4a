import * as z from 'zod';
import type { LocalOptions } from './local-options.ts';

const problemSchema = z.looseObject({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  export_id: z.string().optional(),
  origin: z.object({ Code: z.string().optional(), Message: z.string().optional() }).optional(),
});
const readySchema = z.looseObject({
  export_id: z.string(),
  attempts: z.number(),
  view_name: z.string(),
  status: z.literal('ready'),
  workbook: z.looseObject({ file_name: z.string(), bytes: z.number(), sha256: z.string() }),
  link: z.object({ url: z.string(), expires_at: z.string() }),
  timings_ms: z.object({ queue: z.number(), login: z.number(), origin_first_byte: z.number(), transfer: z.number() }),
});
const runningSchema = z.looseObject({ status: z.enum(['queued', 'running']) });
const failedSchema = z.looseObject({ status: z.literal('failed'), problem: problemSchema });

type Problem = z.infer<typeof problemSchema>;
/** A ready export, as the HTTP interface answers it. */
export type ReadyExport = z.infer<typeof readySchema>;

/** What became of the one export: `document` is what `--json` prints, just as the HTTP interface answered it. */
export type Outcome =
  | {
      readonly isGood: true;
      readonly document: unknown;
      readonly ready: ReadyExport;
      readonly totalMs: number;
    }
  | { readonly isGood: false; readonly document: unknown; readonly totalMs: number; readonly problem: Problem };

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
  const isRunning = () => runningSchema.safeParse(document).success;
  while (isRunning()) document = await (await fetch(`${url}${location}?wait=20`)).json();
  return document;
}
