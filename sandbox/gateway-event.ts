import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithIAMAuthorizer } from 'aws-lambda';

/** Who the gateway says is calling, in place of a verified AWS signature. */
export interface GatewayIdentity {
  readonly accountId: string;
  readonly userId: string;
  readonly userArn: string;
}

/** A route key of an HTTP API (`POST /exports/{view_name}`) that a request met, with the values of its parameters. */
export interface RouteMatch {
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly isOpen: boolean;
}

interface EventSource {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly match: RouteMatch;
  readonly identity: GatewayIdentity;
  readonly nowMs: number;
}

// API Gateway hands these over as text; every other body as base64.
const textMediaTypes = /^(text\/.*|application\/(json|javascript|xml)|application\/.*\+(json|xml))$/;

/** The event of an HTTP API, payload format 2.0 (API Gateway Developer Guide, "Lambda proxy integrations"). */
export function gatewayEvent(source: EventSource): APIGatewayProxyEventV2 | APIGatewayProxyEventV2WithIAMAuthorizer {
  const { request, body, match, identity, nowMs } = source;
  const [rawTarget = '/', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
  const path = decodePath(rawTarget);
  const { cookie, ...headers } = joinedHeaders(request);
  const host = headers['host'] ?? 'localhost';
  const mediaType = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? 'text/plain';
  const isBase64Encoded = body.length > 0 && !textMediaTypes.test(mediaType);
  const parameters = joinedParameters(rawQueryString);
  return {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath: path,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split('; ') }),
    headers: {
      ...headers,
      'x-forwarded-for': request.socket.remoteAddress ?? '',
      'x-forwarded-port': host.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
      'x-amzn-trace-id': `Root=1-${Math.floor(nowMs / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    },
    ...(Object.keys(parameters).length > 0 && { queryStringParameters: parameters }),
    ...(Object.keys(match.pathParameters).length > 0 && { pathParameters: match.pathParameters }),
    requestContext: {
      accountId: match.isOpen ? 'anonymous' : identity.accountId,
      apiId: 'sandbox',
      ...(!match.isOpen && { authorizer: { iam: iamContext(identity) } }),
      domainName: host,
      domainPrefix: 'sandbox',
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: match.routeKey,
      stage: '$default',
      time: commonLogTime(nowMs),
      timeEpoch: nowMs,
    },
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

function iamContext({ accountId, userId, userArn }: GatewayIdentity) {
  return {
    accessKey: 'AKIASANDBOX',
    accountId,
    callerId: userId,
    cognitoIdentity: null,
    principalOrgId: '',
    userArn,
    userId,
  };
}

/** Header names in lower case; the values of a repeated header joined by commas, those of `cookie` by semicolons. */
function joinedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    headers[name] = values.join(name === 'cookie' ? '; ' : ',');
  }
  return headers;
}

function joinedParameters(rawQueryString: string): Record<string, string> {
  const parameters = new URLSearchParams(rawQueryString);
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]));
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Paths are decoded before anything sees them; one that cannot be decoded is left as it came. */
export function decodePath(rawTarget: string): string {
  try {
    return decodeURIComponent(rawTarget);
  } catch {
    return rawTarget;
  }
}

/** `23/Nov/2026:10:15:00 +0000`. */
function commonLogTime(nowMs: number): string {
  const [, day, month, year, time] = new Date(nowMs).toUTCString().split(/,? /);
  return `${day}/${month}/${year}:${time} +0000`;
}
