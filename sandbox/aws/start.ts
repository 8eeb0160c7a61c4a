import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AwsCall, createCallLog } from './call-log.ts';
import { createCredentialsRegister } from './credentials.ts';
import { createDocumentServices, isDocumentCall } from './document-services.ts';
import { createS3Service } from './s3/s3-service.ts';
import { createVerifySignature } from './signature.ts';

/** S3, Secrets Manager, SQS and STS at one endpoint on loopback, for unmodified SDK clients; only the calls that we make. */
export interface AwsSandbox {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Every call so far, in order. */
  calls(): readonly AwsCall[];
  /** Ends at once, with open long polls too, and removes what lay on disk unless a directory was given. */
  readonly close: () => Promise<void>;
}

interface AwsOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Milliseconds. Signatures, expiries, visibility and the `Date` header go by it; only a long poll's patience does not. */
  readonly now?: () => number;
  /** Where the bytes of objects lie, and stay; a temporary directory where not given. */
  readonly directory?: string;
  readonly region?: string;
}

const accountId = '000000000000';

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken. */
export async function startAws(options: AwsOptions = {}): Promise<AwsSandbox> {
  const { port = 0, now = Date.now, region = 'eu-central-1' } = options;
  const server = createServer();
  await listen(server, port);
  const { directory, remove } = await bodyDirectory(options.directory);

  const endpoint = endpointOf(server);
  const register = createCredentialsRegister(accountId);
  const verifySignature = createVerifySignature({ register, region, now });
  const log = createCallLog();
  const serveS3 = createS3Service({ directory, now, region, verifySignature, log });
  const serveDocument = createDocumentServices({ now, region, accountId, endpoint, register, verifySignature, log });

  server.on('request', (request, response) => {
    response.setHeader('date', new Date(now()).toUTCString());
    const serve = isDocumentCall(request) ? serveDocument : serveS3;
    serve(request, response).catch(() => response.destroy());
  });

  const { accessKeyId, secretAccessKey } = register.own;
  return {
    endpoint,
    region,
    accountId,
    credentials: { accessKeyId, secretAccessKey },
    calls: () => log.calls(),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
      await remove();
    },
  };
}

async function bodyDirectory(given: string | undefined) {
  if (given !== undefined) {
    await mkdir(given, { recursive: true });
    return { directory: given, remove: async () => undefined };
  }
  const directory = await mkdtemp(join(tmpdir(), 'knosc-sandbox-'));
  // An upload that was cut off by the close may still be making a file.
  return { directory, remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }) };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function endpointOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no port');
  return `http://127.0.0.1:${address.port}`;
}
