import { exportOf, linkOf } from '../ledger/export.ts';
import { exportIdSchema } from '../ledger/export-id.ts';
import type { ExportList } from '../ledger/export-list.ts';
import { viewNameSchema } from '../ledger/export-request.ts';
import { ExportFailure } from '../ledger/failure.ts';
import type { MakeLink } from '../ledger/link.ts';
import { type ExportRecord, isTerminal } from '../ledger/record.ts';
import { type Answer, exportDocument, exportPath, jsonAnswer, notModifiedAnswer, redirectAnswer } from './answer.ts';
import { entityTag, isNamed } from './entity-tag.ts';
import type { HttpRequest } from './http-request.ts';
import { parseParameters } from './invalid-request.ts';
import { waitQuerySchema } from './parameters.ts';
import { requireWorkbook } from './require-workbook.ts';
import { longestWaitMs, type WaitForEnd } from './wait.ts';

/**
 * `GET` of an export and of its workbook; the newest ready one of its view where the id is `latest`. With `?wait=N` the call is
 * held for up to N seconds while the export runs.
 */
export interface GetExport {
  /** 200 with the export, whatever became of it, and a fresh link when it is ready; 304 where `If-None-Match` names it as it is. */
  readonly export: (request: HttpRequest) => Promise<Answer>;
  /** 303 to a fresh link; with `wait` 303 to itself while the export runs; else `export-not-ready`, `-failed` or `-gone`. */
  readonly workbook: (request: HttpRequest) => Promise<Answer>;
}

interface GetExportDependencies {
  readonly waitForEnd: WaitForEnd;
  readonly exportList: Pick<ExportList, 'latest'>;
  readonly makeLink: MakeLink;
  readonly now: () => number;
}

const pollAfterSeconds = 2;

export function createGetExport({ waitForEnd, exportList, makeLink, now }: GetExportDependencies): GetExport {
  async function find(request: HttpRequest): Promise<{ record: ExportRecord; waits: boolean }> {
    const { wait = 0 } = parseParameters(waitQuerySchema, 'query', request.query);
    const { view_name, export_id } = request.pathParameters;
    const viewName = viewNameSchema.safeParse(view_name).data;
    const exportId = exportIdSchema.safeParse(export_id).data;
    if (viewName !== undefined && export_id === 'latest') {
      const latest = await exportList.latest(viewName);
      if (latest) return { record: latest, waits: false };
      throw new ExportFailure('export-not-found', `None of the latest exports of ${viewName} has a workbook.`);
    }
    const untilMs = request.receivedAtMs + Math.min(wait * 1000, longestWaitMs);
    const record = viewName && exportId && (await waitForEnd(viewName, exportId, untilMs));
    if (record) return { record, waits: wait > 0 };
    throw notFound();
  }

  return {
    export: async (request) => {
      const { record } = await find(request);
      const etag = entityTag(record, now());
      const headers = {
        etag,
        'content-location': exportPath(record.view_name, record.export_id),
        ...(!isTerminal(record) && { 'retry-after': String(pollAfterSeconds) }),
      };
      if (isNamed(etag, request.headers['if-none-match'])) return notModifiedAnswer(headers);
      return jsonAnswer(200, exportDocument(await exportOf(record, { makeLink, now })), headers);
    },

    workbook: async (request) => {
      const { record, waits } = await find(request);
      if (!isTerminal(record)) {
        const path = `${exportPath(record.view_name, record.export_id)}/workbook`;
        if (waits) return redirectAnswer(`${path}?wait=${request.query['wait']}`);
        throw new ExportFailure(
          'export-not-ready',
          `The export is ${record.status}. Ask again with ?wait=20, or later.`,
          { retryAfterSeconds: pollAfterSeconds, exportId: record.export_id },
        );
      }
      return redirectAnswer((await linkOf(requireWorkbook(record, now()), makeLink)).url);
    },
  };
}

export function notFound(): ExportFailure {
  return new ExportFailure('export-not-found', 'No export has this view and id. Exports are remembered for 30 days.');
}
