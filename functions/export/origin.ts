import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { ExportFailure } from '../ledger/failure.ts';

/** A call to the origin; redirects are not followed. */
export interface OriginCall {
  readonly originAddress: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
  /** The export's one deadline: it covers headers and body. */
  readonly signal: AbortSignal;
}

/** An answer whose body is still to be read. Who does not want it calls `discard`, or the connection stays blocked. */
export interface OriginResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly retryAfter: string | undefined;
  readonly setCookies: readonly string[];
  /** Fails with `origin-failed` (broken connection) or `origin-timeout` (the deadline passed). */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
  /** Ends the connection, and with it whatever of the body is still to come; who reads it then fails. */
  abandon(): void;
}

/** Fails with `origin-failed` (refused, broken) or `origin-timeout` (the deadline passed before the headers came). */
export type CallOrigin = (call: OriginCall) => Promise<OriginResponse>;

/** One connection pool for each function instance. undici's own timers are off: they would be a second, shorter deadline. */
export function createCallOrigin(): CallOrigin {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 }, allowH2: false });
  return async ({ originAddress, path, headers, json, signal }) => {
    const { origin, pathname, search } = new URL(`${originAddress}${path}`);
    const sent = request.call(dispatcher, {
      origin,
      path: `${pathname}${search}`,
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json', ...headers },
      body: json === undefined ? null : JSON.stringify(json),
    });
    const response = await sent.catch((cause: unknown) => {
      const isTransient = transientCodes.has(codeOf(cause));
      throw originFailure('before it answered', cause, signal, isTransient);
    });
    const { body } = response;
    return {
      status: response.statusCode,
      contentType: firstOf(response.headers['content-type']),
      retryAfter: firstOf(response.headers['retry-after']),
      setCookies: allOf(response.headers['set-cookie']),
      body: chunksOf(body, signal),
      discard: async () => {
        // `dump` reads a little, so that the connection can be kept, and closes it where there is more.
        await body.dump({ limit: 131_072, signal }).catch(() => undefined);
      },
      abandon: () => void body.destroy(),
    };
  };
}

async function* chunksOf(body: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
  } catch (cause) {
    // Whatever broke it, a body is never resumed: the export can only be begun again.
    throw originFailure('in the middle of its answer', cause, signal, true);
  }
}

/** Refused, reset, unreachable for the moment; not a wrong name, and not a certificate that is not Knosc's. */
const transientCodes: ReadonlySet<string | undefined> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

function originFailure(when: string, cause: unknown, signal: AbortSignal, isTransient: boolean): ExportFailure {
  if (signal.aborted) {
    return new ExportFailure('origin-timeout', `Knosc was too slow: the time ran out ${when}.`, { cause });
  }
  const facts = { cause, ...(isTransient && { repeat: 'later' as const }) };
  const code = codeOf(cause);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new ExportFailure('origin-timeout', 'Knosc was too slow: it took no connection within 10 s.', facts);
  }
  const words = code === undefined ? when : `${when} (${code})`;
  return new ExportFailure('origin-failed', `The connection to Knosc broke ${words}.`, facts);
}

function allOf(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  return typeof header === 'string' ? [header] : header;
}

function firstOf(header: string | readonly string[] | undefined): string | undefined {
  return allOf(header)[0];
}
