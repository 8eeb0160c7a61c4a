import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import {
  type ExportDocument,
  exportSchema,
  type FiredDocument,
  firedSchema,
  type ListedExport,
  listedSchema,
  listSchema,
  problemSchema,
  type ViewsDocument,
  viewsSchema,
} from '../export-documents.ts';
import { defaultUrl } from './address.ts';
import type { CreateBody } from './options.ts';
import { Refused } from './refused.ts';
import { requireSchedule } from './require-schedule.ts';
import type { Sign } from './signer.ts';
import { Unreachable } from './unreachable.ts';

/**
 * The proxy's HTTP interface. What breaks off, or meets a gateway that is busy, is asked again twice: every call may be repeated
 * without harm, a create by its key; but a schedule is fired once. Fails with `Refused` and `Unreachable`, and as `signal` says once that is aborted.
 */
export interface Client {
  /** Answers at once, with an export that runs, or with one that the key or `max_age_s` has found. */
  create(body: CreateBody, key: string): Promise<ExportDocument>;
  /** Answers when the export has ended, or after `waitSeconds` (0 to 25). */
  get(viewName: string, exportId: string, waitSeconds: number): Promise<ExportDocument>;
  /** Up to `limit` exports (1 to 100), newest first, after those that led to `cursor`. */
  list(viewName: string, limit: number, cursor: string | undefined): Promise<ListPage>;
  /** The export as it is then: `cancelled`, or as it had ended already, its workbook deleted. */
  cancel(viewName: string, exportId: string): Promise<ListedExport>;
  views(): Promise<ViewsDocument>;
  /** Fires a schedule of a proxy on this machine now; in a deployed one only EventBridge does. */
  fireSchedule(name: string): Promise<FiredDocument>;
}

type ListPage = z.infer<typeof listSchema>;

interface ClientDependencies {
  readonly url: string;
  /** Undefined where calls are not signed. */
  readonly sign: Sign | undefined;
  readonly signal: AbortSignal;
  /** How long to wait before a call is made again, in milliseconds, time by time. */
  readonly pausesMs?: readonly number[];
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

// The gateway gives up after 30 s.
const callTimeoutMs = 60_000;

export function createClient({ url, sign, signal, pausesMs = [500, 2_000] }: ClientDependencies): Client {
  async function ask<T extends z.ZodType>(call: Call, schema: T): Promise<z.output<T>> {
    for (const pauseMs of pausesMs) {
      const answer = await tried(call);
      if (!answer.mayRepeat) return understood(answer, schema);
      await sleep(pauseMs, undefined, { signal });
    }
    return understood(await tried(call), schema);
  }

  async function tried({ method, path, headers = {}, body }: Call): Promise<Tried> {
    const target = new URL(`${url}${path}`);
    const sent = sign ? await sign({ method, url: target, headers, body }) : headers;
    try {
      const answer = await fetch(target, {
        method,
        headers: sent,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(callTimeoutMs)]),
        ...(body !== undefined && { body }),
      });
      const document = parseJson(await answer.text());
      return { status: answer.status, document, mayRepeat: isPassing(answer.status, document) };
    } catch (error) {
      if (signal.aborted) throw error;
      return { fault: error, mayRepeat: !nobodyThere.includes(codeOf(error)) };
    }
  }

  function understood<T extends z.ZodType>(answer: Tried, schema: T): z.output<T> {
    if ('fault' in answer) throw new Unreachable(unreachableWords(url, answer.fault), { cause: answer.fault });
    const { status, document } = answer;
    const parsed = schema.safeParse(document);
    if (status >= 200 && status < 300 && parsed.success) return parsed.data;
    const problem = problemSchema.safeParse(document);
    if (problem.success) throw new Refused(problem.data);
    throw new Unreachable(strangeWords(url, status, document, sign !== undefined));
  }

  return {
    create: ({ view_name, ...body }, key) =>
      ask(
        {
          method: 'POST',
          path: `/exports/${view_name}`,
          headers: {
            'content-type': 'application/json',
            'idempotency-key': `"${key.replaceAll(/["\\]/g, '\\$&')}"`,
            prefer: 'respond-async',
          },
          body: JSON.stringify(body),
        },
        exportSchema,
      ),
    get: (viewName, exportId, waitSeconds) =>
      ask({ method: 'GET', path: `/exports/${viewName}/${exportId}?wait=${waitSeconds}` }, exportSchema),
    list: (viewName, limit, cursor) => {
      const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
      return ask({ method: 'GET', path: `/exports/${viewName}?${query.toString()}` }, listSchema);
    },
    cancel: (viewName, exportId) => ask({ method: 'DELETE', path: `/exports/${viewName}/${exportId}` }, listedSchema),
    views: () => ask({ method: 'GET', path: '/views' }, viewsSchema),
    fireSchedule: async (name) => {
      const answer = await tried({ method: 'POST', path: `/sandbox/schedules/${name}/run` });
      if ('status' in answer) requireSchedule(name, url, answer);
      return understood(answer, firedSchema);
    },
  };
}

/** What came of one call: an answer, or the fault that kept it away. */
type Tried =
  | { readonly status: number; readonly document: unknown; readonly mayRepeat: boolean }
  | { readonly fault: unknown; readonly mayRepeat: boolean };

const nobodyThere: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOTFOUND'];
const passingStatuses: readonly number[] = [429, 502, 503, 504];

/** Busy or broken for the moment, and not the word on an export itself. */
function isPassing(status: number, document: unknown): boolean {
  return passingStatuses.includes(status) && problemSchema.safeParse(document).data?.export_id === undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const causeSchema = z.object({ cause: z.object({ code: z.string().optional(), message: z.string() }) });

function codeOf(fault: unknown): string | undefined {
  return causeSchema.safeParse(fault).data?.cause.code;
}

function unreachableWords(url: string, fault: unknown): string {
  const { code, message = '' } = causeSchema.safeParse(fault).data?.cause ?? {};
  const why = message || code || (fault instanceof Error ? fault.message : String(fault));
  const advice =
    url === defaultUrl
      ? 'Start one on this machine with npm start, or name a deployed one with --url or KNOSC_EXPORT_URL.'
      : 'Check the address and the network.';
  return `The proxy at ${url} could not be reached: ${why}\n${advice}`;
}

const gatewayWordsSchema = z.object({ message: z.string() });

/** For answers that are not the proxy's own. */
function strangeWords(url: string, status: number, document: unknown, isSigned: boolean): string {
  const words = gatewayWordsSchema.safeParse(document).data?.message ?? 'no word why';
  if (status === 401 || status === 403) {
    const advice = isSigned
      ? 'The AWS identity (aws sts get-caller-identity) needs execute-api:Invoke on this route and view; also check region and clock.'
      : 'The call was not signed; give --region to sign it.';
    return `The proxy at ${url} did not let us in (${status}): ${words}\n${advice}`;
  }
  if (passingStatuses.includes(status)) {
    return `The proxy at ${url} did not answer (${status}): ${words}\nTry again later.`;
  }
  return `What is at ${url} does not answer as a Knosc Export Proxy does (status ${status}).\nCheck the address.`;
}
