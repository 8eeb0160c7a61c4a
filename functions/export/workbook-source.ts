import type { ExportRequest } from '../ledger/export-request.ts';
import { ExportFailure } from '../ledger/failure.ts';
import { spreadsheetMediaType } from '../ledger/link.ts';
import type { Deadline } from './deadline.ts';
import type { CallOrigin, OriginResponse } from './origin.ts';
import { exportRefusal, readRefusal, parseRetryAfter } from './origin-refusal.ts';
import type { Session } from './session/session.ts';
import type { Sessions } from './session/sessions.ts';

/** A workbook that Knosc has begun to send. */
export interface WorkbookSource {
  readonly body: AsyncIterable<Uint8Array>;
  readonly loginMs: number;
  /** From sending the export request to its headers. */
  readonly firstByteMs: number;
}

/** Asks for an export, logging in where needed. Fails with every code that Knosc's answers stand for. */
export type OpenWorkbook = (request: ExportRequest, deadline: Deadline) => Promise<WorkbookSource>;

interface WorkbookSourceDependencies {
  readonly callOrigin: CallOrigin;
  readonly sessions: Sessions;
  readonly now: () => number;
}

// 401: the token died (an account change kills it before its end). 422: the CSRF token did. Another session mends both.
const sessionEnded = new Set([401, 422]);

export function createOpenWorkbook({ callOrigin, sessions, now }: WorkbookSourceDependencies): OpenWorkbook {
  function exportData(session: Session, request: ExportRequest, signal: AbortSignal): Promise<OriginResponse> {
    return callOrigin({
      originAddress: session.originAddress,
      path: '/api/export-data',
      headers: { cookie: session.cookieHeader, 'x-xsrf-token': session.csrfToken, accept: spreadsheetMediaType },
      json: request,
      signal,
    });
  }

  return async (request, deadline) => {
    const { signal } = deadline;
    const startedMs = now();
    let opened = await sessions.open(deadline);
    let sentMs = now();
    let response = await exportData(opened.session, request, signal);
    // A session that was made just now is no better the second time.
    if (sessionEnded.has(response.status) && !opened.isNew) {
      await response.discard();
      opened = await sessions.replace(opened, deadline);
      sentMs = now();
      response = await exportData(opened.session, request, signal);
    }
    if (response.status !== 200) {
      const retryAfter = parseRetryAfter(response.retryAfter, now());
      throw exportRefusal(await readRefusal(response), request.view_name, retryAfter);
    }
    await requireSpreadsheet(response);
    return { body: response.body, loginMs: sentMs - startedMs, firstByteMs: now() - sentMs };
  };
}

async function requireSpreadsheet(response: OriginResponse): Promise<void> {
  const mediaType = response.contentType?.split(';')[0]?.trim().toLowerCase() ?? 'no content type';
  if (mediaType === spreadsheetMediaType) return;
  await response.discard();
  throw new ExportFailure('workbook-unsound', `Knosc answered with ${mediaType.slice(0, 100)} instead of a workbook.`);
}
