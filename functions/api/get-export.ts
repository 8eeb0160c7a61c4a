import { exportOf, isExpired, linkOf } from '../ledger/export.ts';
import { exportIdSchema } from '../ledger/export-id.ts';
import { viewNameSchema } from '../ledger/export-request.ts';
import { ExportFailure } from '../ledger/failure.ts';
import type { MakeLink } from '../ledger/link.ts';
import type { ExportRecord } from '../ledger/record.ts';
import { type Answer, exportDocument, exportPath, jsonAnswer, redirectAnswer } from './answer.ts';
import type { HttpRequest } from './http-request.ts';
import { longestWaitMs, type WaitForEnd } from './wait.ts';

/** `GET` of an export and of its workbook. With `?wait=N` the call is held for up to N seconds while the export runs. */
export interface GetExport {
  /** 200 with the export, whatever became of it; a fresh link when it is ready. */
  readonly export: (request: HttpRequest) => Promise<Answer>;
  /** 303 to a fresh link; with `wait` 303 to itself while the export runs; else `export-not-ready`, `-failed` or `-gone`. */
  readonly workbook: (request: HttpRequest) => Promise<Answer>;
}

interface GetExportDependencies {
  readonly waitForEnd: WaitForEnd;
  readonly makeLink: MakeLink;
  readonly now: () => number;
}

const pollAfterSeconds = 2;

export function createGetExport({ waitForEnd, makeLink, now }: GetExportDependencies): GetExport {
  async function find(request: HttpRequest): Promise<{ record: ExportRecord; waits: boolean }> {
    const waitSeconds = parseWait(request.query['wait']);
    const viewName = viewNameSchema.safeParse(request.pathParameters['view_name']);
    const exportId = exportIdSchema.safeParse(request.pathParameters['export_id']);
    const untilMs = request.receivedAtMs + Math.min((waitSeconds ?? 0) * 1000, longestWaitMs);
    const record =
      viewName.success && exportId.success ? await waitForEnd(viewName.data, exportId.data, untilMs) : undefined;
    if (record) return { record, waits: (waitSeconds ?? 0) > 0 };
    throw new ExportFailure('export-not-found', 'No export has this view and id. Exports are remembered for 30 days.');
  }

  return {
    export: async (request) => {
      const { record } = await find(request);
      const shown = exportDocument(await exportOf(record, { makeLink, now }));
      const runs = record.status === 'queued' || record.status === 'running';
      return jsonAnswer(200, shown, runs ? { 'retry-after': String(pollAfterSeconds) } : {});
    },

    workbook: async (request) => {
      const { record, waits } = await find(request);
      const { view_name, export_id } = record;
      const path = exportPath(view_name, export_id);
      switch (record.status) {
        case 'ready':
          if (isExpired(record, now())) {
            throw new ExportFailure(
              'export-gone',
              `The workbook was kept until ${record.expires_at}. Create a new export.`,
            );
          }
          return redirectAnswer((await linkOf(record, makeLink)).url);
        case 'failed':
          throw new ExportFailure(
            'export-failed',
            `The export failed (${record.problem.code}): ${record.problem.detail} GET ${path} tells more.`,
          );
        case 'cancelled':
          throw new ExportFailure(
            'export-failed',
            `The export was cancelled at ${record.finished_at}. Create a new one.`,
          );
        case 'deleted':
          throw new ExportFailure(
            'export-gone',
            `The workbook was deleted at ${record.deleted_at}. Create a new export.`,
          );
        case 'queued':
        case 'running':
          if (waits) return redirectAnswer(`${path}/workbook?wait=${request.query['wait']}`);
          throw new ExportFailure(
            'export-not-ready',
            `The export is ${record.status}. Ask again with ?wait=20, or later.`,
            {
              retryAfterSeconds: pollAfterSeconds,
            },
          );
      }
    },
  };
}

function parseWait(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,2}$/.test(text) && Number(text) <= 25) return Number(text);
  const errors = [{ path: 'query wait', message: 'must be a whole number of seconds from 0 to 25' }];
  throw new ExportFailure(
    'request-invalid',
    `wait must be a whole number of seconds from 0 to 25; given was ${JSON.stringify(text)}.`,
    {
      errors,
    },
  );
}
