import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const version = '1.4.21';
const root = fileURLToPath(new URL('../..', import.meta.url));
const venv = join(root, '.venv');

/** An AWS that is not ours: ministack, from PyPI, in a virtual environment of this project. */
export interface Emulator {
  readonly endpoint: string;
  /** The standard variables that lead SDK and CDK to it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startEmulator(): Promise<Emulator> {
  await install();
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  const child = spawn(join(venv, 'bin', 'ministack'), [], {
    stdio: 'ignore',
    env: {
      ...process.env,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      SFTP_ENABLED: '0',
      IOT_MTLS_ENABLED: '0',
      // It runs functions with whatever `node` comes first, which must be the one that Lambda has.
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    },
  });
  await untilReady(child, `${endpoint}/health`);
  return {
    endpoint,
    environment,
    close: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Python is the one thing that this project cannot bring along, so its absence is said, never passed over. */
async function install(): Promise<void> {
  const isThere = await access(join(venv, 'bin', 'ministack')).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  try {
    await run('python3', ['-c', 'import sys, venv; assert sys.version_info >= (3, 11), sys.version']);
  } catch (cause) {
    throw new Error('npm run e2e needs python3, 3.11 or later, with its venv module, for the AWS emulator ministack.', {
      cause,
    });
  }
  await run('python3', ['-m', 'venv', venv]);
  await run(join(venv, 'bin', 'pip'), ['install', '--quiet', `ministack==${version}`]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const untilMs = Date.now() + 60_000;
  while (Date.now() < untilMs && child.exitCode === null) {
    const isReady = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return;
    await sleep(200);
  }
  throw new Error(
    child.exitCode === null
      ? 'the emulator was not ready within a minute'
      : `the emulator ended with ${child.exitCode}`,
  );
}
