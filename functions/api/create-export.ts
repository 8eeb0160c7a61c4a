import Negotiator from 'negotiator';
import * as z from 'zod';
import type { BeginExport } from '../ledger/begin-export.ts';
import { exportOf } from '../ledger/export.ts';
import { type Delivery, deliverySchema, type ExportRequest, exportRequestSchema } from '../ledger/export-request.ts';
import { ExportFailure } from '../ledger/failure.ts';
import { faultsOf } from '../ledger/problem.ts';
import { type MakeLink, spreadsheetMediaType } from '../ledger/link.ts';
import { type ExportRecord, isTerminal } from '../ledger/record.ts';
import { type Answer, exportDocument, exportPath, jsonAnswer, problemAnswer, redirectAnswer } from './answer.ts';
import { type HttpRequest, readJsonBody } from './http-request.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';
import { invalidRequest } from './invalid-request.ts';
import { parsePreferences, type Preferences } from './preferences.ts';
import { requireWorkbook } from './require-workbook.ts';
import type { WaitForEnd } from './wait.ts';

/**
 * `POST /exports/{view_name}` and `POST /api/export-data`: begins an export, or finds the one that its key or `max_age_s` names,
 * and waits for its end as long as the gateway and the caller's `Prefer` let it. 201 with the export, 202 while it runs, 303
 * to the workbook for who accepts a spreadsheet, else a problem.
 */
export type CreateExport = (request: HttpRequest) => Promise<Answer>;

interface CreateExportDependencies {
  readonly beginExport: BeginExport;
  readonly waitForEnd: WaitForEnd;
  readonly makeLink: MakeLink;
  readonly waitMs: number;
  readonly now: () => number;
}

export const createBodySchema = z.strictObject({ ...exportRequestSchema.shape, delivery: deliverySchema.optional() });
const pollAfterSeconds = 2;
const vary = 'accept, prefer';

export function createCreateExport(dependencies: CreateExportDependencies): CreateExport {
  const { beginExport, waitForEnd, makeLink, waitMs, now } = dependencies;

  async function answerOf(
    record: ExportRecord,
    requestId: string,
    delivery: Delivery,
    preferences: Preferences,
  ): Promise<Answer> {
    if (record.status === 'failed') return problemAnswer(record.problem, requestId, record.export_id);
    const ready = isTerminal(record) ? requireWorkbook(record, now()) : undefined;
    const applied = [
      ...(preferences.respondsAsync && !ready ? ['respond-async'] : []),
      ...(isWithin(preferences.waitSeconds, waitMs) ? [`wait=${preferences.waitSeconds}`] : []),
    ];
    const headers = {
      location: exportPath(record.view_name, record.export_id),
      vary,
      ...(applied.length > 0 && { 'preference-applied': applied.join(', ') }),
    };
    const shown = exportDocument(await exportOf(record, { makeLink, now, delivery }));
    if (ready) return jsonAnswer(201, shown, headers);
    return jsonAnswer(202, shown, { ...headers, 'retry-after': String(pollAfterSeconds) });
  }

  return async (request) => {
    const wants = acceptedType(request.headers['accept']);
    const preferences = parsePreferences(request.headers['prefer']);
    const { delivery = {}, ...exportRequest } = parseBody(request);
    const begun = await beginExport({
      request: exportRequest,
      delivery,
      trigger: { kind: 'api', ...(request.caller !== undefined && { caller: request.caller }) },
      idempotencyKey: parseIdempotencyKey(request.headers['idempotency-key']),
    });
    const { view_name, export_id } = begun;
    if (wants === spreadsheetMediaType) {
      return redirectAnswer(`${exportPath(view_name, export_id)}/workbook?wait=20`, { vary });
    }
    const budgetMs = Math.min(waitMs, preferredWaitMs(preferences));
    const last = budgetMs > 0 ? await waitForEnd(view_name, export_id, request.receivedAtMs + budgetMs) : begun;
    return answerOf(last ?? begun, request.requestId, delivery, preferences);
  };
}

/** `respond-async` alone asks for an answer at once; with `wait` it says what to do when that time is over (RFC 7240, 4.3). */
function preferredWaitMs({ respondsAsync, waitSeconds }: Preferences): number {
  if (waitSeconds !== undefined) return waitSeconds * 1000;
  return respondsAsync ? 0 : Number.POSITIVE_INFINITY;
}

function isWithin(waitSeconds: number | undefined, waitMs: number): boolean {
  return waitSeconds !== undefined && waitSeconds * 1000 <= waitMs;
}

function acceptedType(accept: string | undefined): string {
  const offered = ['application/json', spreadsheetMediaType];
  const [first] = new Negotiator({ headers: { accept } }).mediaTypes(offered);
  if (first !== undefined) return first;
  throw new ExportFailure(
    'not-acceptable',
    `Nothing that "accept" names is offered; offered are ${offered.join(' and ')}.`,
  );
}

function parseBody(request: HttpRequest): ExportRequest & { delivery?: Delivery | undefined } {
  const body = readJsonBody(request) ?? {};
  const fromPath = request.pathParameters['view_name'];
  const parsed = createBodySchema.safeParse(withViewName(body, fromPath));
  if (parsed.success) return parsed.data;
  throw invalidRequest(faultsOf(parsed.error));
}

/** On our own route the path names the view, so a `view_name` in the body may only repeat it. */
function withViewName(body: unknown, fromPath: string | undefined): unknown {
  if (fromPath === undefined || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const inBody = 'view_name' in body ? body.view_name : fromPath;
  if (inBody === fromPath) return { ...body, view_name: fromPath };
  throw invalidRequest([{ path: 'view_name', message: `must be left out or be ${fromPath}, as in the path` }]);
}
