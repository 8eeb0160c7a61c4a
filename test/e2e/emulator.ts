import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { pythonPrograms } from './python.ts';

const run = promisify(execFile);

/** An AWS that is not ours: ministack, over TLS, which checks every signature and every policy. */
export interface Emulator {
  readonly endpoint: string;
  readonly region: string;
  /** What leads SDK, CDK, AWS CLI and curl to it: nothing but environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * With TLS, since our buckets and queues deny plain HTTP, and with AUTH, so that signatures, roles and resource policies hold as
 * they would in AWS. A region that has no endpoint of its own for SQS from before the regions: for those version 1 of the AWS CLI passes
 * over AWS_ENDPOINT_URL.
 */
export async function startEmulator(): Promise<Emulator> {
  const directory = await mkdtemp(join(tmpdir(), 'knosc-emulator-'));
  const certificate = join(directory, 'server.pem');
  const authority = join(directory, 'client.pem');
  const names = ['127.0.0.1', 'localhost', '*.execute-api.localhost'];
  await run(join(pythonPrograms, 'python'), ['-m', 'trustme', '--quiet', '-d', directory, '-i', ...names]);
  const port = await freePort();
  const endpoint = `https://127.0.0.1:${port}`;
  const region = 'eu-central-2';
  const trust = { NODE_EXTRA_CA_CERTS: authority, AWS_CA_BUNDLE: authority, CURL_CA_BUNDLE: authority };
  const settings = {
    ...trust,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_PAGER: '',
    PATH: [pythonPrograms, process.env['PATH']].join(delimiter),
  };
  const child = spawn(join(pythonPrograms, 'python'), [fileURLToPath(new URL('emulator.py', import.meta.url))], {
    stdio: 'ignore',
    env: {
      ...process.env,
      ...trust,
      AUTH: 'true',
      USE_SSL: '1',
      MINISTACK_SSL_CERT: certificate,
      MINISTACK_SSL_KEY: join(directory, 'server.key'),
      MINISTACK_REGION: region,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      SFTP_ENABLED: '0',
      IOT_MTLS_ENABLED: '0',
      // It runs functions with whatever `node` comes first, which must be the one that Lambda has.
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    },
  });
  setDefaultCACertificates([...getCACertificates(), await readFile(authority, 'utf8')]);
  await untilReady(child, `${endpoint}/health`);
  return {
    endpoint,
    region,
    environment: { ...settings, ...(await newAdministrator({ ...process.env, ...settings })) },
    close: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(directory, { recursive: true });
    },
  };
}

const keySchema = z.object({ AccessKey: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string() }) });

/** The key of a user who may do everything, as someone who deploys may. Signatures of the emulator's root are not looked at. */
async function newAdministrator(environment: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const env = { ...environment, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const iam = (...args: string[]) =>
    run(join(pythonPrograms, 'aws'), ['iam', ...args, '--user-name', 'administrator'], { env });
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  await iam('create-user');
  await iam('put-user-policy', '--policy-name', 'everything', '--policy-document', JSON.stringify(everything));
  const { AccessKey } = keySchema.parse(JSON.parse((await iam('create-access-key')).stdout));
  return { AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey };
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
