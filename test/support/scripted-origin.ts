import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spreadsheetMediaType } from '../../functions/ledger/link.ts';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server with Knosc's paths, whose answers a test writes itself, down to the bytes on the socket. */
export interface ScriptedOrigin {
  readonly url: string;
  readonly port: number;
  /** Every call so far: `POST /api/export-data`. */
  readonly calls: string[];
  /** How many connections were ever opened to it. */
  connections(): number;
  /** The headers and body of the last call of export-data. */
  lastExport(): { headers: IncomingMessage['headers']; body: unknown };
  answerExport(respond: Respond): void;
  answerLogIn(respond: Respond): void;
  answerSecondFactor(respond: Respond): void;
  answerRenewal(respond: Respond): void;
  /** What the last call of a path carried. */
  lastBodyOf(path: string): unknown;
  lastHeadersOf(path: string): IncomingMessage['headers'];
  close(): Promise<void>;
}

export async function startScriptedOrigin(port = 0): Promise<ScriptedOrigin> {
  const calls: string[] = [];
  const lastCalls = new Map<string, ReturnType<ScriptedOrigin['lastExport']>>();
  const answers = new Map<string, Respond>([
    ['/api/authenticate', acceptLogIn()],
    ['/api/verify-2fa', acceptLogIn()],
  ]);

  const server = createServer((request, response) => {
    const path = request.url ?? '';
    calls.push(`${request.method} ${path}`);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null');
      lastCalls.set(path, { headers: request.headers, body });
      const respond = answers.get(path);
      if (respond) respond(request, response);
      else response.writeHead(404).end();
    });
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const boundPort = typeof address === 'object' && address ? address.port : port;

  function lastCall(path: string): ReturnType<ScriptedOrigin['lastExport']> {
    const last = lastCalls.get(path);
    if (!last) throw new Error(`${path} was not called`);
    return last;
  }

  return {
    url: `http://127.0.0.1:${boundPort}`,
    port: boundPort,
    calls,
    connections: () => connections,
    lastExport: () => lastCall('/api/export-data'),
    lastBodyOf: (path) => lastCall(path).body,
    lastHeadersOf: (path) => lastCall(path).headers,
    answerExport: (respond) => void answers.set('/api/export-data', respond),
    answerLogIn: (respond) => void answers.set('/api/authenticate', respond),
    answerSecondFactor: (respond) => void answers.set('/api/verify-2fa', respond),
    answerRenewal: (respond) => void answers.set('/api/token-refresh', respond),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A log-in whose access token says that it lives for so long. */
export function acceptLogIn(lifetimeSeconds = 900, token = 'token'): Respond {
  return (request, response) => {
    const refreshPair = [
      'refresh_token_cookie=r; HttpOnly; SameSite=Lax; Path=/api/token-refresh',
      'csrf_refresh_token=cr; SameSite=Lax; Path=/api/token-refresh',
    ];
    accept([...accessPair(lifetimeSeconds, token), ...refreshPair])(request, response);
  };
}

/** The same without the refresh pair, which does not come with a second factor. */
export function acceptSecondFactor(lifetimeSeconds = 900, token = 'token'): Respond {
  return (request, response) => accept(accessPair(lifetimeSeconds, token))(request, response);
}

function accessPair(lifetimeSeconds: number, token: string): string[] {
  const payload = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + lifetimeSeconds }));
  return [
    `access_token_cookie=${token}.${payload.toString('base64url')}.signature; HttpOnly; SameSite=Lax; Path=/`,
    `csrf_access_token=csrf-${token}; SameSite=Lax; Path=/`,
  ];
}

function accept(setCookies: string[]): Respond {
  return answerWith(200, '{"login": true}', { 'set-cookie': setCookies });
}

/** Any answer at once: status, body, headers. JSON unless the headers say otherwise. */
export function answerWith(
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string | string[]>> = {},
): Respond {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
}

/** The workbook, with its length said before it. */
export function sendWorkbook(bytes: Uint8Array): Respond {
  return answerWith(200, bytes, { 'content-type': spreadsheetMediaType, 'content-length': String(bytes.length) });
}
