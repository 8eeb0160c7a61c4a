import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';
import { nodeOptions } from '../lib/proxy-function.ts';
import type { FunctionName } from './bundles.ts';
import type { Platform } from './platform.ts';

const invocationSchema = z.object({
  answer: z.unknown(),
  /** Processor time since the process began, or since the invocation before. */
  cpuSeconds: z.number(),
  /** The highest RSS since the process began. */
  peakBytes: z.number(),
});

type Invocation = z.infer<typeof invocationSchema> & {
  /** As the caller sees it; the first one with the process's start. */
  readonly seconds: number;
};

/** A bundle as it is deployed, in a process of its own as Lambda would start one. */
export interface FunctionChild {
  readonly pid: number;
  invoke(event: object): Promise<Invocation>;
  close(): Promise<void>;
}

const script = `
const { createRequire } = require('node:module');
let used = 0;
process.on('message', async (event) => {
  globalThis.handler ??= createRequire(process.cwd() + '/')('./index.js').handler;
  const answer = await handler(event, { getRemainingTimeInMillis: () => 600_000, awsRequestId: 'r' }).catch(String);
  const { user, system } = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6 - used;
  used += cpuSeconds;
  process.send({ answer, cpuSeconds, peakBytes: process.resourceUsage().maxRSS * 1024 });
});
process.once('disconnect', () => process.exit());`;

export function startFunction(
  name: FunctionName,
  directory: string,
  platform: Platform,
  memoryMegabytes: number,
): FunctionChild {
  const startedMs = performance.now();
  const { access, environment } = platform;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: directory,
    env: {
      ...z.record(z.string(), z.string()).parse(environment),
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      AWS_REGION: access.region,
      AWS_ENDPOINT_URL: access.endpoint,
      AWS_ACCESS_KEY_ID: access.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: access.credentials.secretAccessKey,
      NODE_OPTIONS: nodeOptions,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let isFirst = true;
  return {
    pid: child.pid ?? 0,
    invoke: async (event) => {
      const askedMs = isFirst ? startedMs : performance.now();
      isFirst = false;
      child.send(event);
      const told = invocationSchema.parse(await nextMessage(child));
      return { ...told, seconds: (performance.now() - askedMs) / 1000 };
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]: unknown[]) => message),
      once(child, 'exit', { signal }).then(([code]: unknown[]) => {
        throw new Error(`a function under measurement ended with ${String(code)}`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}
