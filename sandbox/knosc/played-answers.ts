import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { refused, tokenRefused } from './knosc-error.ts';
import type { Play } from './plays.ts';
import type { Sessions } from './sessions.ts';

const loginPage = `<!doctype html>
<html><head><title>Knosc</title></head><body><form action="/login" method="post">
<label>User <input name="username"></label> <label>Password <input name="password" type="password"></label>
<button>Log in</button></form></body></html>
`;
const gatewayPage = '<html><head><title>503 Service Temporarily Unavailable</title></head><body>nginx</body></html>\n';

interface Stage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly sessions: Sessions;
  readonly now: () => number;
}

/**
 * What a play does before the route answers. True where it has answered in the route's place; throws `KnoscError` where it
 * refuses; false where the route goes on.
 */
export async function playBefore(play: Play, { request, response, sessions, now }: Stage): Promise<boolean> {
  switch (play.play) {
    case 'slow-first-byte':
      return !(await stays(response, play.seconds * 1000));
    case 'silent':
      await new Promise((resolve) => response.once('close', resolve));
      return true;
    case 'login-page':
      request.resume();
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(loginPage);
      return true;
    case 'unavailable':
      request.resume();
      response.writeHead(503, { 'content-type': 'text/html' }).end(gatewayPage);
      return true;
    case 'server-error':
      throw refused(500, 'Server.Error', 'An unexpected error occurred.');
    case 'too-many-requests': {
      const { retry_after_s: seconds, retry_after_form: form } = play;
      const value = form === 'date' ? new Date(now() + seconds * 1000).toUTCString() : String(seconds);
      throw refused(429, 'Request.TooMany', 'Too many requests.', form === 'none' ? {} : { 'retry-after': value });
    }
    case 'csrf-lost':
      throw tokenRefused(422, 'Missing CSRF token');
    case 'session-expired':
      sessions.expire(request);
      return false;
    // What concerns the account or the workbook is the route's business.
    case 'locked':
    case 'slow-body':
    case 'cut':
    case 'wrong-length':
    case 'wrong-content-type':
    case 'corrupt-crc':
      return false;
  }
}

/** Waits; false where the client went away meanwhile. */
async function stays(response: ServerResponse, ms: number): Promise<boolean> {
  const left = new AbortController();
  const leave = () => left.abort();
  response.once('close', leave);
  try {
    await sleep(ms, undefined, { signal: left.signal });
    return true;
  } catch {
    return false;
  } finally {
    response.off('close', leave);
  }
}
