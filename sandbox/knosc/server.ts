import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { type Account, createAccounts } from './accounts.ts';
import { KnoscError, refused, tokenRefused } from './knosc-error.ts';
import { buildQuery } from './query.ts';
import { createTokens, type TokenClaims } from './tokens.ts';
import type { SeededUser } from './users.ts';
import { views } from './views/all.ts';
import { workbookOf } from './workbook.ts';

/** A call that the sandbox answered. Never a body, a cookie or a token. */
export interface OriginCall {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly viewName: string | undefined;
}

interface KnoscServerOptions {
  readonly database: DatabaseSync;
  readonly users: readonly SeededUser[];
  readonly accessTokenLifetimeSeconds: number;
  readonly now: () => number;
  readonly report: (call: OriginCall) => void;
}

const refreshTokenLifetimeSeconds = 86_400;
const spreadsheetMediaType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const logInBody = z.object({ username: z.string(), password: z.string() });
const totpBody = z.object({ username: z.string(), totp_code: z.string() });
const exportBody = z.object({
  view_name: z.string().optional(),
  filters: z.unknown().optional(),
  sort: z.unknown().optional(),
  index: z.unknown().optional(),
});

/** Knosc's HTTP interface as its pages tell it, as far as exporting goes. */
export function createKnoscServer(options: KnoscServerOptions) {
  const { database, users, accessTokenLifetimeSeconds, now, report } = options;
  const accounts = createAccounts(users, now);
  const tokens = createTokens(now);

  function accessCookies({ username, lastModifiedAtMs }: Account): readonly string[] {
    const access = tokens.issue('access', username, lastModifiedAtMs, accessTokenLifetimeSeconds);
    return [
      `access_token_cookie=${access.jwt}; HttpOnly; SameSite=Lax; Path=/`,
      `csrf_access_token=${access.csrf}; SameSite=Lax; Path=/`,
    ];
  }

  function refreshCookies({ username, lastModifiedAtMs }: Account): readonly string[] {
    const refresh = tokens.issue('refresh', username, lastModifiedAtMs, refreshTokenLifetimeSeconds);
    return [
      `refresh_token_cookie=${refresh.jwt}; HttpOnly; SameSite=Lax; Path=/api/token-refresh`,
      `csrf_refresh_token=${refresh.csrf}; SameSite=Lax; Path=/api/token-refresh`,
    ];
  }

  /** The account behind a token, and a CSRF header that goes with it. */
  function requireSession(request: IncomingMessage, type: TokenClaims['type']): Account {
    const cookies = parseCookies(request.headers.cookie);
    const claims = tokens.verify(type, cookies.get(`${type}_token_cookie`));
    const account = accounts.find(claims.sub);
    if (!account || claims.last_modified_at !== account.lastModifiedAtMs)
      throw tokenRefused(401, 'Token has been revoked');
    const csrf = request.headers['x-xsrf-token'];
    if (csrf === undefined) throw tokenRefused(422, 'Missing CSRF token');
    if (csrf !== claims.csrf) throw tokenRefused(422, 'CSRF double submit tokens do not match');
    return account;
  }

  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<string | undefined>> = {
    '/api/authenticate': async (request, response) => {
      const { username, password } = parse(logInBody, await readJson(request));
      const account = accounts.checkPassword(username, password);
      if (account.state === 'never signed in')
        send(response, 200, { first_signin: true, session_token: 'short-lived' });
      else if (account.totpSecret !== undefined) send(response, 200, { requires_2fa: true });
      else
        send(response, 200, { login: true }, { 'set-cookie': [...accessCookies(account), ...refreshCookies(account)] });
      return undefined;
    },
    '/api/verify-2fa': async (request, response) => {
      const { username, totp_code } = parse(totpBody, await readJson(request));
      const account = accounts.checkTotp(username, totp_code);
      send(response, 200, { login: true }, { 'set-cookie': [...accessCookies(account)] });
      return undefined;
    },
    '/api/token-refresh': async (request, response) => {
      const account = requireSession(request, 'refresh');
      await text(request);
      send(response, 200, { refresh: true }, { 'set-cookie': [...accessCookies(account)] });
      return undefined;
    },
    '/api/logout': async (request, response) => {
      requireSession(request, 'access');
      await text(request);
      const cookies = [
        clearedCookie('access_token_cookie', '/'),
        clearedCookie('refresh_token_cookie', '/api/token-refresh'),
      ];
      send(response, 200, { logout: true }, { 'set-cookie': cookies });
      return undefined;
    },
    '/api/export-data': async (request, response) => {
      const account = requireSession(request, 'access');
      const input = parse(exportBody, await readJson(request));
      const view = views.get(input.view_name ?? '');
      if (!view) throw refused(400, 'ExcelExportWithoutExtra', 'Export is not available for this view.');
      if (!account.privileges.includes(view.privilege))
        throw refused(403, 'User.NotPrivileged', 'Not Privileged for this action');
      const { sql, values } = buildQuery(view, input);
      const workbook = workbookOf(view, database.prepare(sql).iterate(...values));
      response.writeHead(200, {
        'content-type': spreadsheetMediaType,
        'content-disposition': 'attachment; filename="export.xlsx"',
      });
      // A client that goes away ends the query with it.
      await pipeline(workbook, response).catch(() => undefined);
      return view.name;
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0] ?? '/';
    let viewName: string | undefined;
    try {
      const route = request.method === 'POST' ? routes[path] : undefined;
      if (!route) throw refused(404, 'Endpoint.NotFound', `${request.method} ${path} is not in this sandbox.`);
      viewName = await route(request, response);
    } catch (error) {
      request.resume();
      const known =
        error instanceof KnoscError
          ? error
          : refused(500, 'Server.Error', `The sandbox has a defect: ${String(error)}`);
      send(response, known.status, known.body, known.headers);
    }
    report({ method: request.method ?? '', path, status: response.statusCode, viewName });
  }

  const server: Server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  return { server, changePassword: accounts.changePassword };
}

function clearedCookie(name: string, path: string): string {
  return `${name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Path=${path}`;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await text(request);
  try {
    return JSON.parse(body);
  } catch {
    throw refused(400, 'JSON.Invalid', 'Bad Request Format');
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refused(400, 'JSON.Invalid', 'Bad Request Format');
}

function send(response: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function parseCookies(header = ''): ReadonlyMap<string, string> {
  const pairs = header.split(/; */).filter((pair) => pair.includes('='));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
