import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { decodePath, type GatewayIdentity, gatewayEvent, type RouteMatch } from './gateway-event.ts';
import {
  createThrottle,
  functionFailed,
  GatewayRefusal,
  readBody,
  requireEvent,
  requireHeaders,
  type Throttle,
  withinTime,
} from './gateway-limits.ts';

interface GatewayOptions {
  readonly port: number;
  /** As in an HTTP API; paths with `{parameters}`. What none of them matches meets `$default`. */
  readonly routes: readonly GatewayRoute[];
  readonly identity: GatewayIdentity;
  /** The api function, as Lambda would invoke it with a payload 2.0 event. */
  readonly invoke: (event: ReturnType<typeof gatewayEvent>) => Promise<unknown>;
  readonly now: () => number;
  /** An HTTP API waits 30 s at most, and so does this one where nothing else is said. */
  readonly integrationTimeoutMs?: number;
  /** Answers what is the sandbox's own, such as firing a schedule; no deployed gateway has it. */
  readonly control?: Control;
}

/** `undefined` for what is not its own: that goes the usual way. */
export type Control = (method: string, path: string) => Promise<ControlAnswer | undefined>;

export interface ControlAnswer {
  readonly status: number;
  readonly document: unknown;
}

/** A route of an HTTP API; an open one needs no AWS identity. */
interface GatewayRoute {
  readonly method: string;
  readonly path: string;
  readonly isOpen: boolean;
  /** Not throttled where not given. */
  readonly throttle?: Throttle | undefined;
}

/** An HTTP API on loopback. */
export interface Gateway {
  readonly url: string;
  /** Takes no more calls, and ends once the running ones are answered. */
  readonly close: () => Promise<void>;
}

const answerSchema = z.object({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { integrationTimeoutMs = 30_000 } = options;
  const routes = options.routes.map((route) => compileRoute(route, options.now));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const nowMs = options.now();
    const path = decodePath(request.url?.split('?')[0] ?? '/');
    const controlled = await options.control?.(request.method ?? 'GET', path);
    if (controlled) return sendJson(response, controlled);
    const { match, takeToken } = matchRoute(routes, request.method ?? 'GET', path);
    requireHeaders(request);
    const body = await readBody(request);
    takeToken();
    const event = gatewayEvent({ request, body, match, identity: options.identity, nowMs });
    requireEvent(event);
    const answer = answerSchema.safeParse(await withinTime(options.invoke(event), integrationTimeoutMs));
    if (!answer.success) throw functionFailed;
    const { statusCode, headers, cookies, body: text, isBase64Encoded } = answer.data;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
    if (cookies.length > 0) response.setHeader('set-cookie', cookies);
    response.setHeader('apigw-requestid', event.requestContext.requestId);
    response.statusCode = statusCode;
    response.end(Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8'));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      refuse(response, error);
    });
  });
  const port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** API Gateway's own words, in place of the function's. */
function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const { status, message } = error instanceof GatewayRefusal ? error : functionFailed;
  sendJson(response, { status, document: { message } });
}

function sendJson(response: ServerResponse, { status, document }: ControlAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

interface CompiledRoute {
  readonly route: GatewayRoute;
  readonly pattern: RegExp;
  readonly takeToken: () => void;
}

const pass = () => undefined;

function compileRoute(route: GatewayRoute, now: () => number): CompiledRoute {
  const pattern = route.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const takeToken = route.throttle ? createThrottle(route.throttle, now) : pass;
  return { route, pattern: new RegExp(`^${pattern}$`), takeToken };
}

function matchRoute(
  routes: readonly CompiledRoute[],
  method: string,
  path: string,
): { readonly match: RouteMatch; readonly takeToken: () => void } {
  for (const { route, pattern, takeToken } of routes) {
    const found = route.method === method ? pattern.exec(path) : null;
    const routeKey = `${route.method} ${route.path}`;
    if (found) return { match: { routeKey, pathParameters: { ...found.groups }, isOpen: route.isOpen }, takeToken };
  }
  return { match: { routeKey: '$default', pathParameters: {}, isOpen: false }, takeToken: pass };
}
