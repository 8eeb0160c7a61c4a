import type { ExportRequest } from '../ledger/export-request.ts';
import { ExportFailure } from '../ledger/failure.ts';
import { spreadsheetMediaType } from '../ledger/link.ts';
import type { Deadline } from './deadline.ts';
import { freedChunks } from './free-memory.ts';
import type { CallOrigin, OriginResponse } from './origin.ts';
import { exportRefusal, parseRetryAfter, readRefusal } from './origin-refusal.ts';
import type { OpenedSession } from './session/rotation.ts';

/** A workbook that Knosc has begun to send; `body` fails as the origin's does, and a chunk of it is gone once the next one is asked for. */
export interface WorkbookSource {
  readonly body: AsyncIterable<Uint8Array>;
}

/** Asks for an export, once. Fails with every code that Knosc's answers stand for, saying whether a repeat is harmless. */
export type OpenWorkbook = (
  opened: OpenedSession,
  request: ExportRequest,
  deadline: Deadline,
) => Promise<WorkbookSource>;

interface WorkbookSourceDependencies {
  readonly callOrigin: CallOrigin;
  readonly now: () => number;
}

export function createOpenWorkbook({ callOrigin, now }: WorkbookSourceDependencies): OpenWorkbook {
  return async ({ session, isNew }, request, { signal }) => {
    const response = await callOrigin({
      originAddress: session.originAddress,
      path: '/api/export-data',
      headers: { cookie: session.cookieHeader, 'x-xsrf-token': session.csrfToken, accept: spreadsheetMediaType },
      json: request,
      signal,
    });
    if (response.status !== 200) {
      const retryAfter = parseRetryAfter(response.retryAfter, now());
      throw exportRefusal(await readRefusal(response), request.view_name, retryAfter, isNew);
    }
    await requireSpreadsheet(response);
    return { body: freedChunks(response.body) };
  };
}

async function requireSpreadsheet(response: OriginResponse): Promise<void> {
  const mediaType = response.contentType?.split(';')[0]?.trim().toLowerCase() ?? 'no content type';
  if (mediaType === spreadsheetMediaType) return;
  await response.discard();
  throw new ExportFailure('workbook-unsound', `Knosc answered with ${mediaType.slice(0, 100)} instead of a workbook.`, {
    proofReason: 'not-xlsx',
  });
}
