import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { openSeededDatabase } from './data/seed.ts';
import { createKnoscServer, type OriginCall } from './server.ts';
import { seededUsers } from './users.ts';

/** What the main thread starts this thread with. */
const settingsSchema = z.object({ port: z.int(), orders: z.int(), accessTokenLifetimeSeconds: z.int() });

/** What the main thread asks; every request is answered under its number. */
const requestSchema = z.discriminatedUnion('ask', [
  z.object({ number: z.int(), ask: z.literal('calls') }),
  z.object({ number: z.int(), ask: z.literal('advance'), seconds: z.number() }),
  z.object({ number: z.int(), ask: z.literal('change password'), username: z.string(), password: z.string() }),
  z.object({ number: z.int(), ask: z.literal('play'), play: z.unknown() }),
  z.object({ number: z.int(), ask: z.literal('end plays') }),
]);

const settings = settingsSchema.parse(workerData);
const calls: OriginCall[] = [];
let aheadMs = 0;

const { server, plays, changePassword } = createKnoscServer({
  database: openSeededDatabase(settings.orders),
  users: Object.values(seededUsers),
  accessTokenLifetimeSeconds: settings.accessTokenLifetimeSeconds,
  now: () => Date.now() + aheadMs,
  report: (call) => calls.push(call),
});

function answer(request: z.infer<typeof requestSchema>): readonly OriginCall[] | null {
  switch (request.ask) {
    case 'calls':
      return calls;
    case 'advance':
      aheadMs += request.seconds * 1000;
      return null;
    case 'change password':
      changePassword(request.username, request.password);
      return null;
    case 'play':
      plays.add(request.play);
      return null;
    case 'end plays':
      plays.clear();
      return null;
  }
}

parentPort?.on('message', (message: unknown) => {
  const request = requestSchema.parse(message);
  try {
    parentPort?.postMessage({ number: request.number, answer: answer(request) });
  } catch (error) {
    parentPort?.postMessage({
      number: request.number,
      answer: null,
      refusal: error instanceof Error ? error.message : String(error),
    });
  }
});

server.once('error', (error) => {
  const code = 'code' in error ? error.code : undefined;
  parentPort?.postMessage({ failed: { message: error.message, code } });
});
server.listen(settings.port, '127.0.0.1', () => {
  const address = server.address();
  parentPort?.postMessage({ port: typeof address === 'object' && address ? address.port : settings.port });
});
