import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { createAccounts } from './accounts.ts';
import { createExportData, exportBody } from './export-data.ts';
import { KnoscError, refused } from './knosc-error.ts';
import { playBefore } from './played-answers.ts';
import { createPlays, type Play } from './plays.ts';
import { control, playsPath } from './plays-control.ts';
import { readBody } from './request-body.ts';
import { send } from './send.ts';
import { createSessions } from './sessions.ts';
import type { SeededUser } from './users.ts';

/** A call that the sandbox answered. Never a body, a cookie or a token. */
export interface OriginCall {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** What an export named, whether or not there is such a view. */
  readonly viewName: string | undefined;
  /** How many rows an export read: fewer than it would have sent where the client went away. */
  readonly rows: number | undefined;
  /** The failure that was played. */
  readonly play: string | undefined;
}

interface KnoscServerOptions {
  readonly database: DatabaseSync;
  readonly users: readonly SeededUser[];
  readonly accessTokenLifetimeSeconds: number;
  readonly now: () => number;
  readonly report: (call: OriginCall) => void;
}

/** What a route is told, and what it says, of its call beside request and answer. */
interface CallNotes {
  readonly play: Play | undefined;
  viewName?: string;
  rows?: number;
}

type Route = (request: IncomingMessage, response: ServerResponse, notes: CallNotes) => Promise<void>;

const logInBody = z.object({ username: z.string(), password: z.string() });
const totpBody = z.object({ username: z.string(), totp_code: z.string() });

/** Knosc's HTTP interface as its pages tell it, as far as exporting goes. */
export function createKnoscServer(options: KnoscServerOptions) {
  const { database, users, accessTokenLifetimeSeconds, now, report } = options;
  const accounts = createAccounts(users, now);
  const sessions = createSessions({ accounts, accessTokenLifetimeSeconds, now });
  const exportData = createExportData(database);
  const plays = createPlays();

  const posts: Readonly<Record<string, Route>> = {
    '/api/authenticate': async (request, response, { play }) => {
      const { username, password } = await readBody(request, logInBody);
      if (play?.play === 'locked') accounts.lock(username);
      const account = accounts.checkPassword(username, password);
      if (account.state === 'never signed in')
        send(response, 200, { first_signin: true, session_token: 'short-lived' });
      else if (account.totpSecret !== undefined) send(response, 200, { requires_2fa: true });
      else send(response, 200, { login: true }, { 'set-cookie': sessions.open(account) });
    },
    '/api/verify-2fa': async (request, response) => {
      const { username, totp_code } = await readBody(request, totpBody);
      const account = accounts.checkTotp(username, totp_code);
      send(response, 200, { login: true }, { 'set-cookie': sessions.openAccess(account) });
    },
    '/api/token-refresh': async (request, response) => {
      const account = sessions.require(request, 'refresh');
      await text(request);
      send(response, 200, { refresh: true }, { 'set-cookie': sessions.openAccess(account) });
    },
    '/api/logout': async (request, response) => {
      sessions.require(request, 'access');
      await text(request);
      send(response, 200, { logout: true }, { 'set-cookie': sessions.end() });
    },
    '/api/export-data': async (request, response, notes) => {
      const account = sessions.require(request, 'access');
      const body = await readBody(request, exportBody);
      if (typeof body.view_name === 'string') notes.viewName = body.view_name;
      const rowRead = () => {
        notes.rows = (notes.rows ?? 0) + 1;
      };
      await exportData({ account, body, response, play: notes.play, rowRead });
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const path = request.url?.split('?')[0] ?? '/';
    if (path === playsPath) return control(request, response, plays);
    const route = method === 'POST' ? posts[path] : undefined;
    const play = route && plays.take(path);
    const notes: CallNotes = { play };
    try {
      if (!route) throw refused(404, 'Endpoint.NotFound', `${method} ${path} is not in this sandbox.`);
      const isAnswered = play !== undefined && (await playBefore(play, { request, response, sessions, now }));
      if (!isAnswered) await route(request, response, notes);
    } catch (error) {
      request.resume();
      const { status, body, headers } = error instanceof KnoscError ? error : defect(error);
      send(response, status, body, headers);
    }
    const { viewName, rows } = notes;
    report({ method, path, status: response.statusCode, viewName, rows, play: play?.play });
  }

  const server: Server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  return { server, plays, changePassword: accounts.changePassword };
}

/** Loud, since an answer that has begun can only be broken off, and the client's side tells nothing. */
function defect(error: unknown): KnoscError {
  console.error("Knosc's stand-in has a defect:", error);
  return refused(500, 'Server.Error', `The sandbox has a defect: ${String(error)}`);
}
