import { SQSClient } from '@aws-sdk/client-sqs';
import { type ApiFunctionOptions, createApiFunction } from '../functions/api/api-function.ts';
import { routes } from '../functions/api/routes.ts';
import { createExportFunction } from '../functions/export/export-function.ts';
import type { SessionTiming } from '../functions/export/session/lease.ts';
import type { AwsAccess } from '../functions/ledger/aws-access.ts';
import { workbookKey } from '../functions/ledger/keys.ts';
import { startGateway } from './gateway.ts';
import { lambdaContext } from './lambda-context.ts';
import { startQueuePoller } from './queue-poller.ts';

/** An AWS to run on: how to reach it, and what the functions find there. */
export interface Platform {
  readonly access: AwsAccess;
  readonly region: string;
  readonly accountId: string;
  /** The environment variables of both functions. */
  readonly environment: Readonly<Record<string, string>> & { readonly BUCKET_NAME: string; readonly QUEUE_URL: string };
}

export interface LocalSystemOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** How long a create waits for its export, in milliseconds; as long as the gateway allows where not given. */
  readonly waitMs?: number;
  /** Lambda's time limit of the export function; an export's deadline is 10 s before it. */
  readonly exportTimeoutSeconds?: number;
  /** How many exports may run at once; 5 where not given. */
  readonly maximumConcurrency?: number;
  /** From 0 to 1: the jitter of an export's repeated tries; `Math.random` where not given. */
  readonly random?: () => number;
  /** How long a run that has died keeps others from its export. */
  readonly leaseSeconds?: number;
  /** Where a test's time limit is too short for the fleet's usual times. */
  readonly sessionTiming?: Partial<SessionTiming>;
  /** Takes the functions' log and metric lines; where not given, defects alone are said, on stderr. */
  readonly writeLine?: (line: string) => void;
}

/** Gateway, queue poller and both functions in this process, on any AWS. */
export interface LocalSystem {
  readonly url: string;
  readonly bucket: string;
  /** Invokes the export function directly, as another function would. */
  invokeExport(payload: unknown): Promise<unknown>;
  /** Where the workbook of a ready export lies: `s3://bucket/key`. */
  readonly placeOf: (ready: { view_name: string; export_id: string; attempts: number }) => string;
  /** Takes no more calls, lets the running ones end, and stops. */
  readonly close: () => Promise<void>;
}

export const defaultExportTimeoutSeconds = 900;
const apiTimeoutSeconds = 30;
const defaultMaximumConcurrency = 5;

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken; nothing is left running then. */
export async function startLocalSystem(platform: Platform, options: LocalSystemOptions): Promise<LocalSystem> {
  const { access, region, accountId, environment } = platform;
  const {
    port,
    waitMs,
    random,
    sessionTiming,
    leaseSeconds,
    writeLine = sayDefects,
    maximumConcurrency = defaultMaximumConcurrency,
    exportTimeoutSeconds = defaultExportTimeoutSeconds,
  } = options;
  const apiOptions: ApiFunctionOptions = { aws: access, writeLine, ...(waitMs !== undefined && { waitMs }) };
  const apiFunction = createApiFunction(environment, apiOptions);
  const exportFunction = createExportFunction(environment, {
    aws: access,
    writeLine,
    ...(random && { random }),
    ...(sessionTiming && { sessionTiming }),
    ...(leaseSeconds !== undefined && { leaseSeconds }),
  });
  const invokeExport = (payload: unknown) =>
    exportFunction(payload, lambdaContext('export', exportTimeoutSeconds, region, accountId));

  const gateway = await startGateway({
    port,
    routes: Object.values(routes).flatMap(({ methods, path, isOpen }) =>
      methods.map((method) => ({ method, path, isOpen })),
    ),
    identity: { accountId, userId: 'AIDALOCALSANDBOX', userArn: `arn:aws:iam::${accountId}:user/local` },
    invoke: (event) => apiFunction(event, lambdaContext('api', apiTimeoutSeconds, region, accountId)),
    now: Date.now,
  });
  const poller = startQueuePoller({
    sqs: new SQSClient(access),
    queueUrl: environment.QUEUE_URL,
    queueArn: `arn:aws:sqs:${region}:${accountId}:${environment.QUEUE_URL.split('/').at(-1)}`,
    region,
    invoke: invokeExport,
    maximumConcurrency,
    batchSize: 1,
  });

  return {
    url: gateway.url,
    bucket: environment.BUCKET_NAME,
    invokeExport,
    placeOf: ({ view_name, export_id, attempts }) =>
      `s3://${environment.BUCKET_NAME}/${workbookKey(view_name, export_id, attempts)}`,
    close: async () => {
      await gateway.close();
      await poller.close();
    },
  };
}

function sayDefects(line: string): void {
  if (line.startsWith('{"level":"ERROR"')) console.error(line);
}
