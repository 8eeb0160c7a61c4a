import * as z from 'zod';
import { nearestViewNames } from '../ledger/catalogue/catalogue.ts';
import { ExportFailure, type FailureCode, type OriginAnswer } from '../ledger/failure.ts';
import type { OriginResponse } from './origin.ts';
import { parseJson } from './parse-json.ts';

// `{Message, Code}` is documented; `{msg}` is how Flask-JWT-Extended, whose cookie names Knosc uses, speaks of tokens.
const errorBodySchema = z.object({
  Code: z
    .string()
    .regex(/^[\w.-]{1,100}$/)
    .optional()
    .catch(undefined),
  Message: z.string().optional().catch(undefined),
  msg: z.string().optional().catch(undefined),
});

const longestErrorBodyBytes = 16_384;
const refusalPatienceMs = 2_000;

/**
 * What the origin said with a refusal. At most 16 KiB are read, and for at most 2 s; what is not JSON of a known shape is left
 * out. Never fails: the status alone says enough.
 */
export async function readRefusal(response: OriginResponse): Promise<OriginAnswer> {
  const impatience = setTimeout(() => response.abandon(), refusalPatienceMs);
  const text = await readText(response).catch(() => '');
  clearTimeout(impatience);
  const parsed = errorBodySchema.safeParse(parseJson(text)).data;
  const message = parsed?.Message ?? parsed?.msg;
  return {
    status: response.status,
    ...(parsed?.Code !== undefined && { Code: parsed.Code }),
    ...(message !== undefined && { Message: message.replaceAll(/\p{Cc}/gu, ' ').slice(0, 300) }),
  };
}

/** The text of a small answer, read to its end or to 16 KiB. Fails as the body does. */
export async function readText(response: OriginResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > longestErrorBodyBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, longestErrorBodyBytes);
}

/**
 * The one failure for an answer of `POST /api/export-data` that is not 200 (DESIGN.md, "HTTP interface"), saying whether the
 * export may be repeated. A 401 or 422 of a session that was not made just now is mended by another session.
 */
export function exportRefusal(
  origin: OriginAnswer,
  viewName: string,
  retryAfterSeconds: number | undefined,
  isNewSession: boolean,
): ExportFailure {
  const { code, detail } = meaningOf(origin, viewName);
  const repeat = repeatOf(origin.status, isNewSession);
  return new ExportFailure(code, detail, {
    origin,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(repeat && { repeat }),
  });
}

// 401: the token died (an account change kills it before its end). 422: the CSRF token did.
const sessionRefusals = new Set([401, 422]);
// Knosc's guide on errors repeats 5xx; 429 says so itself. An export only reads, so a repeat is harmless.
const transientStatuses = new Set([429, 500, 502, 503, 504]);

function repeatOf(status: number, isNewSession: boolean): ExportFailure['facts']['repeat'] {
  if (sessionRefusals.has(status)) return isNewSession ? undefined : 'with another session';
  return transientStatuses.has(status) ? 'later' : undefined;
}

function meaningOf(origin: OriginAnswer, viewName: string): { code: FailureCode; detail: string } {
  const { status, Code } = origin;
  if (Code === 'ExcelExportWithoutExtra') {
    return {
      code: 'view-not-exportable',
      detail: `Knosc does not export a view named ${viewName}. The nearest known names are ${nearestViewNames(viewName).join(', ')}; GET /views lists all.`,
    };
  }
  if (Code === 'CouldNotConstructExportData') {
    return {
      code: 'data-not-assembled',
      detail: 'Knosc could not assemble the data. Check filters, sort and index: columns are named by their key.',
    };
  }
  if (status === 401)
    return { code: 'credentials-unusable', detail: 'Knosc refused a session that it had just given.' };
  if (status === 403) {
    return {
      code: 'view-not-privileged',
      detail: `The service account lacks the privilege for ${viewName}. A Knosc administrator can add it to the account's role.`,
    };
  }
  if (status === 422) return { code: 'origin-failed', detail: 'Knosc refused the CSRF token that it had just given.' };
  if (isBusy(status)) return { code: 'origin-busy', detail: `Knosc is busy (status ${status}). Try again later.` };
  if (status >= 400 && status < 500)
    return { code: 'request-refused', detail: `Knosc refused the request with status ${status}.` };
  return originFailedWith(status);
}

/** 429 and 503 say "later"; they say nothing of the request or the credentials. */
export function isBusy(status: number): boolean {
  return status === 429 || status === 503;
}

/** The meaning of a status that no client can do anything about. */
export function originFailedWith(status: number): { code: 'origin-failed' | 'origin-timeout'; detail: string } {
  if (status === 504) return { code: 'origin-timeout', detail: 'A gateway before Knosc gave up waiting (status 504).' };
  if (status >= 300 && status < 400)
    return {
      code: 'origin-failed',
      detail: `Knosc answered with a redirect (status ${status}), which is not followed.`,
    };
  return { code: 'origin-failed', detail: `Knosc answered with status ${status}.` };
}

/** `Retry-After` (RFC 9110, 10.2.3) in seconds, from either form; `undefined` where absent or not understood. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}
