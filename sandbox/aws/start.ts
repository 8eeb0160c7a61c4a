import { createServer, type Server } from 'node:http';
import * as z from 'zod';
import { type AwsCall, createCallLog } from './call-log.ts';
import { createCredentialsRegister } from './credentials.ts';
import { createDocumentServices, isDocumentCall } from './document-services.ts';
import type { OnEvent } from './event-bridge.ts';
import { createAuthorizer, type Decision, type Policies } from './iam/authorizer.ts';
import { openS3Service } from './s3/s3-service.ts';
import { createVerifySignature } from './signature.ts';
import { openStore, type Store } from './store.ts';
import { sessionOf } from './sts.ts';

/** S3, Secrets Manager, SQS, STS and EventBridge at one endpoint on loopback, for unmodified SDK clients; only the calls that we make. */
export interface AwsSandbox {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Every call so far, in order. */
  calls(): readonly AwsCall[];
  /** Credentials of a role, as Lambda gives them to a function. */
  credentialsOf(roleArn: string): TemporaryCredentials;
  /**
   * From now on these policies hold, and no others: a call that none allows, or one denies, is refused as AWS does. Whoever has
   * `credentials` is an administrator, whom only a Deny stops. Until then everybody may do everything.
   */
  enforce(policies: Policies): void;
  /** What the policies were asked since they are enforced, and what they said. */
  decisions(): readonly Decision[];
  /** Ends at once, with open long polls too. Nothing remains unless a folder was given. */
  readonly close: () => Promise<void>;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

interface AwsOptions {
  /** 0 takes any free port. Where not given, it is the one that the folder had last, so that its links go on, or else any. */
  readonly port?: number;
  /** Milliseconds. Signatures, expiries, visibility and the `Date` header go by it; only a long poll's patience does not. */
  readonly now?: () => number;
  /** Where all that AWS keeps lies, and stays, however the process ends; a new start goes on there. */
  readonly folder?: string;
  readonly region?: string;
  /** Event buses beside `default`. */
  readonly eventBuses?: readonly string[];
  /** Told of every event on any of them. */
  readonly onEvent?: OnEvent;
}

const accountId = '000000000000';
/** Lambda renews the credentials of a function long before; here they only have to outlive a test. */
const functionSessionMs = 12 * 3_600_000;

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken, and with a clear word where the folder is in use. */
export async function startAws(options: AwsOptions = {}): Promise<AwsSandbox> {
  const store = await openStore(options.folder);
  try {
    return await startOn(store, options);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function startOn(store: Store, options: AwsOptions): Promise<AwsSandbox> {
  const { now = Date.now, region = 'eu-central-1', eventBuses = [], onEvent = () => undefined } = options;
  const register = createCredentialsRegister(store, accountId);
  const verifySignature = createVerifySignature({ register, region, now });
  const authorizer = createAuthorizer({ accountId, region, administrator: register.own.arn });
  const log = createCallLog();
  const serveS3 = await openS3Service({ store, now, region, verifySignature, authorizer, log });
  const server = createServer();
  await listenWhereLast(server, store, options.port);
  const endpoint = `http://127.0.0.1:${portOf(server)}`;
  const facts = { now, region, accountId, endpoint };
  const serveDocument = createDocumentServices({
    ...facts,
    eventBuses,
    onEvent,
    store,
    register,
    verifySignature,
    authorizer,
    log,
  });

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
    credentialsOf: (roleArn) => {
      const issued = register.issue(sessionOf(roleArn, 'function'), now() + functionSessionMs);
      const { sessionToken = '' } = issued;
      return { accessKeyId: issued.accessKeyId, secretAccessKey: issued.secretAccessKey, sessionToken };
    },
    enforce: (policies) => authorizer.enforce(policies),
    decisions: () => authorizer.decisions(),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
      await store.close();
    },
  };
}

async function listenWhereLast(server: Server, store: Store, given: number | undefined): Promise<void> {
  const { port: last = 0 } = store.get('SELECT port FROM endpoint', z.object({ port: z.number() }))() ?? {};
  try {
    await listen(server, given ?? last);
  } catch (error) {
    if (given !== undefined || last === 0) throw error;
    await listen(server, 0);
  }
  store.run('INSERT OR REPLACE INTO endpoint (rowid, port) VALUES (1, ?)')(portOf(server));
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

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no port');
  return address.port;
}
