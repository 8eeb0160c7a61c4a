import Negotiator from 'negotiator';
import * as z from 'zod';
import { exportOf } from '../ledger/export.ts';
import { type Delivery, deliverySchema, type ExportRequest, exportRequestSchema } from '../ledger/export-request.ts';
import { ExportFailure, type Fault, faultsOf } from '../ledger/failure.ts';
import { type MakeLink, spreadsheetMediaType } from '../ledger/link.ts';
import type { ExportRecord } from '../ledger/record.ts';
import { type Answer, exportDocument, exportPath, jsonAnswer, problemAnswer, redirectAnswer } from './answer.ts';
import type { BeginExport } from './begin-export.ts';
import { type HttpRequest, readJsonBody } from './http-request.ts';
import type { WaitForEnd } from './wait.ts';

/**
 * `POST /exports/{view_name}` and `POST /api/export-data`: begins an export and waits for its end as long as the gateway
 * lets it. 201 with the export, 202 while it runs, 303 to the workbook for who accepts a spreadsheet, else a problem.
 */
export type CreateExport = (request: HttpRequest) => Promise<Answer>;

interface CreateExportDependencies {
  readonly beginExport: BeginExport;
  readonly waitForEnd: WaitForEnd;
  readonly makeLink: MakeLink;
  readonly waitMs: number;
  readonly now: () => number;
}

const bodySchema = z.strictObject({ ...exportRequestSchema.shape, delivery: deliverySchema.optional() });
const pollAfterSeconds = 2;

export function createCreateExport(dependencies: CreateExportDependencies): CreateExport {
  const { beginExport, waitForEnd, makeLink, waitMs, now } = dependencies;

  function ended(record: ExportRecord, requestId: string): Promise<Answer> | Answer {
    if (record.status === 'failed') return problemAnswer(record.problem, requestId, record.export_id);
    return answerOf(record);
  }

  async function answerOf(record: ExportRecord): Promise<Answer> {
    const location = exportPath(record.view_name, record.export_id);
    const shown = exportDocument(await exportOf(record, { makeLink, now }));
    if (record.status === 'ready') return jsonAnswer(201, shown, { location });
    return jsonAnswer(202, shown, { location, 'retry-after': String(pollAfterSeconds) });
  }

  return async (request) => {
    const wants = acceptedType(request.headers['accept']);
    const { delivery = {}, ...exportRequest } = parseBody(request);
    const begun = await beginExport({
      request: exportRequest,
      delivery,
      trigger: { kind: 'api', ...(request.caller !== undefined && { caller: request.caller }) },
      idempotencyKey: parseIdempotencyKey(request.headers['idempotency-key']),
    });
    const { view_name, export_id } = begun;
    if (wants === spreadsheetMediaType) {
      return redirectAnswer(`${exportPath(view_name, export_id)}/workbook?wait=20`);
    }
    const last = await waitForEnd(view_name, export_id, request.receivedAtMs + waitMs);
    return ended(last ?? begun, request.requestId);
  };
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
  const parsed = bodySchema.safeParse(withViewName(body, fromPath));
  if (parsed.success) return parsed.data;
  throw invalid(faultsOf(parsed.error));
}

/** On our own route the path names the view, so a `view_name` in the body may only repeat it. */
function withViewName(body: unknown, fromPath: string | undefined): unknown {
  if (fromPath === undefined || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const inBody = 'view_name' in body ? body.view_name : fromPath;
  if (inBody === fromPath) return { ...body, view_name: fromPath };
  throw invalid([{ path: 'view_name', message: `must be left out or be ${fromPath}, as in the path` }]);
}

/** As in the IETF draft, a quoted string; taken without the quotes too, as the same key. */
function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = header.trim().replace(/^"(.*)"$/, '$1');
  if (key.length >= 1 && key.length <= 255) return key;
  throw invalid([{ path: 'header idempotency-key', message: 'must have 1 to 255 characters' }]);
}

function invalid(errors: readonly Fault[]): ExportFailure {
  const words = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new ExportFailure('request-invalid', `The request is not a valid export request. ${words}`, { errors });
}
