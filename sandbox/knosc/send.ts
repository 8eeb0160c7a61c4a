import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A JSON answer; where another has begun already, the connection is broken off. */
export function send(response: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
