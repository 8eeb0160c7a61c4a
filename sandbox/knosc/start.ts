import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { PlayInput } from './plays.ts';
import type { OriginCall } from './server.ts';

/** Knosc's stand-in, in a thread of its own, on loopback. */
export interface KnoscSandbox {
  readonly url: string;
  /** Every call so far, in the order their answers ended. */
  calls(): Promise<readonly OriginCall[]>;
  /** Moves the sandbox's own clock: tokens run out, locked accounts open. */
  advance(seconds: number): Promise<void>;
  /** As in Knosc, every token of the account dies with it. */
  changePassword(username: string, password: string): Promise<void>;
  /** Plays a failure for the next calls it is for; rejects where there is no such play. `npm run sandbox` tells all of them. */
  play(play: PlayInput): Promise<void>;
  endPlays(): Promise<void>;
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
const answerSchema = z.object({ number: z.int(), answer: z.unknown(), refusal: z.string().optional() });
const callsSchema = z.array(
  z.object({
    method: z.string(),
    path: z.string(),
    status: z.int(),
    viewName: z.string().or(z.undefined()),
    rows: z.int().or(z.undefined()),
    play: z.string().or(z.undefined()),
  }),
);

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken. */
export async function startKnosc(options: KnoscOptions = {}): Promise<KnoscSandbox> {
  const { port = 0, orders = 3000, accessTokenLifetimeSeconds = 900 } = options;
  // SQLite is still announced as experimental; nobody who starts the sandbox can do anything about it.
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { port, orders, accessTokenLifetimeSeconds },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const ended = endOf(worker);
  const started = startedSchema.parse(await Promise.race([nextMessage(worker), ended]));
  if ('failed' in started) {
    await worker.terminate();
    throw Object.assign(new Error(started.failed.message), { code: started.failed.code });
  }

  const waiting = new Map<number, (answer: z.infer<typeof answerSchema>) => void>();
  worker.on('message', (message: unknown) => {
    const answer = answerSchema.parse(message);
    waiting.get(answer.number)?.(answer);
    waiting.delete(answer.number);
  });
  let lastNumber = 0;
  const ask = async (request: object): Promise<unknown> => {
    lastNumber += 1;
    const number = lastNumber;
    const answered = new Promise<z.infer<typeof answerSchema>>((resolve) => waiting.set(number, resolve));
    worker.postMessage({ ...request, number });
    // A thread that has ended answers nothing, and who asks must not wait for it.
    const { answer, refusal } = await Promise.race([answered, ended]);
    if (refusal !== undefined) throw new Error(refusal);
    return answer;
  };

  return {
    url: `http://127.0.0.1:${started.port}`,
    calls: async () => callsSchema.parse(await ask({ ask: 'calls' })),
    advance: async (seconds) => void (await ask({ ask: 'advance', seconds })),
    changePassword: async (username, password) => void (await ask({ ask: 'change password', username, password })),
    play: async (play) => void (await ask({ ask: 'play', play })),
    endPlays: async () => void (await ask({ ask: 'end plays' })),
    close: async () => void (await worker.terminate()),
  };
}

function nextMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => worker.once('message', resolve));
}

/** Rejects when the thread ends, with the error that ended it where there is one. */
function endOf(worker: Worker): Promise<never> {
  const ended = new Promise<never>((_resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error("Knosc's stand-in is closed.")));
  });
  // Nobody may be waiting when it ends, as at every ordinary close.
  ended.catch(() => undefined);
  return ended;
}
