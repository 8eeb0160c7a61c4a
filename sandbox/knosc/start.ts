import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { OriginCall } from './server.ts';

/** Knosc's stand-in, in a thread of its own, on loopback. */
export interface KnoscSandbox {
  readonly url: string;
  /** Every call so far, in the order they were answered. */
  calls(): Promise<readonly OriginCall[]>;
  /** Moves the sandbox's own clock: tokens run out, locked accounts open. */
  advance(seconds: number): Promise<void>;
  /** As in Knosc, every token of the account dies with it. */
  changePassword(username: string, password: string): Promise<void>;
  readonly close: () => Promise<void>;
}

interface KnoscOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Purchase orders, of one to five lines each. */
  readonly orders?: number;
  readonly accessTokenLifetimeSeconds?: number;
}

const startedSchema = z.union([
  z.object({ port: z.int() }),
  z.object({ failed: z.object({ message: z.string(), code: z.string().optional() }) }),
]);
const answerSchema = z.object({ number: z.int(), answer: z.unknown() });
const callsSchema = z.array(
  z.object({ method: z.string(), path: z.string(), status: z.int(), viewName: z.string().or(z.undefined()) }),
);

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken. */
export async function startKnosc(options: KnoscOptions = {}): Promise<KnoscSandbox> {
  const { port = 0, orders = 3000, accessTokenLifetimeSeconds = 900 } = options;
  // SQLite is still announced as experimental; nobody who starts the sandbox can do anything about it.
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { port, orders, accessTokenLifetimeSeconds },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const started = startedSchema.parse(await firstMessage(worker));
  if ('failed' in started) {
    await worker.terminate();
    throw Object.assign(new Error(started.failed.message), { code: started.failed.code });
  }

  const waiting = new Map<number, (answer: unknown) => void>();
  worker.on('message', (message: unknown) => {
    const { number, answer } = answerSchema.parse(message);
    waiting.get(number)?.(answer);
    waiting.delete(number);
  });
  let lastNumber = 0;
  const ask = (request: object) =>
    new Promise<unknown>((resolve) => {
      lastNumber += 1;
      waiting.set(lastNumber, resolve);
      worker.postMessage({ ...request, number: lastNumber });
    });

  return {
    url: `http://127.0.0.1:${started.port}`,
    calls: async () => callsSchema.parse(await ask({ ask: 'calls' })),
    advance: async (seconds) => void (await ask({ ask: 'advance', seconds })),
    changePassword: async (username, password) => void (await ask({ ask: 'change password', username, password })),
    close: async () => void (await worker.terminate()),
  };
}

function firstMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
