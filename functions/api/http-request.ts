import * as z from 'zod';
import { ExportFailure } from '../ledger/failure.ts';

/** API Gateway leaves out what a request does not have; other gateways, and its own REST APIs, say `null`. */
const textsSchema = z
  .record(z.string(), z.string())
  .nullish()
  .transform((texts) => texts ?? {});

/** The parts of an HTTP API event (payload format 2.0) that we read. */
const eventSchema = z.object({
  headers: textsSchema,
  pathParameters: textsSchema,
  queryStringParameters: textsSchema,
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    requestId: z.string(),
    /** When the gateway had the request, in milliseconds: its 30 s count from here. */
    timeEpoch: z.number(),
    http: z.object({ method: z.string(), path: z.string() }),
    authorizer: z.object({ iam: z.object({ userId: z.string() }).nullish() }).nullish(),
  }),
});

/** A request as the routes see it. Header names are in lower case, as the gateway delivers them. */
export interface HttpRequest {
  readonly requestId: string;
  readonly receivedAtMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The caller's principal without its session name; `undefined` on routes without IAM. */
  readonly caller: string | undefined;
}

export function parseEvent(event: unknown): HttpRequest {
  const { headers, pathParameters, queryStringParameters, body, isBase64Encoded, requestContext } =
    eventSchema.parse(event);
  return {
    requestId: requestContext.requestId,
    receivedAtMs: requestContext.timeEpoch,
    headers,
    pathParameters,
    query: queryStringParameters,
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
    // An assumed role's user id is "AROA...:session name"; sessions of one role are one caller.
    caller: requestContext.authorizer?.iam?.userId.split(':')[0],
  };
}

// An SQS message holds 1 MiB, and JSON in JSON grows; no sane request comes near.
const longestBodyBytes = 262_144;

/** The JSON body. Fails with `media-type-unsupported`, `body-too-large` or `request-invalid`. */
export function readJsonBody(request: HttpRequest): unknown {
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json' && request.body.length > 0) {
    throw new ExportFailure(
      'media-type-unsupported',
      `The body's content type is ${mediaType ?? 'not given'}; send application/json.`,
    );
  }
  if (request.body.length > longestBodyBytes) {
    throw new ExportFailure(
      'body-too-large',
      `The body has ${request.body.length} bytes; at most ${longestBodyBytes} are taken.`,
    );
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(request.body);
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    const message = 'must be JSON in UTF-8';
    throw new ExportFailure('request-invalid', 'The body is not JSON.', { errors: [{ path: 'body', message }] });
  }
}
