import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { KnoscError } from './knosc-error.ts';
import { playbill, type Plays } from './plays.ts';
import { readBody } from './request-body.ts';
import { send } from './send.ts';

/** Only the sandbox has it: GET tells what there is and what waits, POST adds a play, DELETE ends all. */
export const playsPath = '/sandbox/plays';

export async function control(request: IncomingMessage, response: ServerResponse, plays: Plays): Promise<void> {
  if (request.method === 'POST') return add(request, response, plays);
  request.resume();
  if (request.method === 'GET') return send(response, 200, { plays: playbill, waiting: plays.waiting() });
  if (request.method !== 'DELETE') {
    return send(response, 405, { Message: `${playsPath} takes GET, POST and DELETE.` }, { allow: 'GET, POST, DELETE' });
  }
  plays.clear();
  response.writeHead(204).end();
}

async function add(request: IncomingMessage, response: ServerResponse, plays: Plays): Promise<void> {
  try {
    send(response, 201, plays.add(await readBody(request, z.unknown())));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof KnoscError)) throw error;
    send(response, 400, { Message: error instanceof KnoscError ? 'The body is not JSON.' : error.message });
  }
}
