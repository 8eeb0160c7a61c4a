import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type ApiFunctionOptions, createApiFunction } from '../functions/api/api-function.ts';
import { routes } from '../functions/api/routes.ts';
import { createExportFunction } from '../functions/export/export-function.ts';
import type { SessionTiming } from '../functions/export/session/lease.ts';
import type { AwsAccess } from '../functions/ledger/aws-access.ts';
import { workbookKey } from '../functions/ledger/keys.ts';
import type { Schedule } from '../lib/settings/schedule.ts';
import { startGateway } from './gateway.ts';
import type { Throttle } from './gateway-limits.ts';
import { lambdaContext } from './lambda-context.ts';
import { startQueuePoller } from './queue-poller.ts';
import { createScheduleControl } from './scheduler/schedule-control.ts';
import { createScheduler, type Scheduler } from './scheduler/scheduler.ts';

/** An AWS to run on: how to reach it, and what the functions find there. */
export interface Platform {
  readonly access: AwsAccess;
  readonly region: string;
  readonly accountId: string;
  /** The environment variables of both functions. */
  readonly environment: Readonly<Record<string, string>> & { readonly BUCKET_NAME: string; readonly QUEUE_URL: string };
  /** What each function has of its own, as in a deployment; both have the above where not given. */
  readonly functions?: Readonly<Record<'api' | 'export', FunctionPlatform>>;
}

/** With whose credentials a function reaches AWS, and what its environment says. */
export interface FunctionPlatform {
  readonly access: AwsAccess;
  readonly environment: Readonly<Record<string, string>>;
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
  /** Of the open webhook route; 50 a second and 100 at once where not given. */
  readonly webhookThrottle?: Throttle;
  /** As the settings declare them. They fire once they are started, and when they are asked to. */
  readonly schedules?: Readonly<Record<string, Schedule>>;
  /** Takes the functions' log and metric lines; where not given, defects alone are said, on stderr. */
  readonly writeLine?: (line: string) => void;
}

/** Gateway, queue poller and both functions in this process, on any AWS. */
export interface LocalSystem {
  readonly url: string;
  readonly bucket: string;
  /** Invokes the export function directly, as another function would. */
  invokeExport(payload: unknown): Promise<unknown>;
  readonly scheduler: Pick<Scheduler, 'names' | 'start'>;
  /** Where the workbook of a ready export lies: `s3://bucket/key`. */
  readonly placeOf: (ready: { view_name: string; export_id: string; attempts: number }) => string;
  /** Takes no more calls, lets the running ones end, and stops. */
  readonly close: () => Promise<void>;
}

export const defaultExportTimeoutSeconds = 900;
const apiTimeoutSeconds = 30;
const defaultMaximumConcurrency = 5;
const defaultWebhookThrottle: Throttle = { ratePerSecond: 50, burst: 100 };

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken, and where the queue cannot be polled; nothing is left running then. */
export async function startLocalSystem(platform: Platform, options: LocalSystemOptions): Promise<LocalSystem> {
  const { region, accountId, environment } = platform;
  const { functions = { api: platform, export: platform } } = platform;
  const {
    port,
    waitMs,
    random,
    sessionTiming,
    leaseSeconds,
    webhookThrottle = defaultWebhookThrottle,
    writeLine = sayDefects,
    maximumConcurrency = defaultMaximumConcurrency,
    exportTimeoutSeconds = defaultExportTimeoutSeconds,
    schedules = {},
  } = options;
  const apiOptions: ApiFunctionOptions = {
    aws: functions.api.access,
    writeLine,
    ...(waitMs !== undefined && { waitMs }),
  };
  const apiFunction = createApiFunction(functions.api.environment, apiOptions);
  const exportFunction = createExportFunction(functions.export.environment, {
    aws: functions.export.access,
    writeLine,
    ...(random && { random }),
    ...(sessionTiming && { sessionTiming }),
    ...(leaseSeconds !== undefined && { leaseSeconds }),
  });
  const invokeExport = (payload: unknown) =>
    exportFunction(payload, lambdaContext('export', exportTimeoutSeconds, region, accountId));

  const scheduler = createQueueScheduler(schedules, new SQSClient(platform.access), environment.QUEUE_URL);
  const gateway = await startGateway({
    port,
    control: createScheduleControl(scheduler),
    routes: Object.values(routes).flatMap(({ methods, path, isOpen }) =>
      methods.map((method) => ({
        method,
        path,
        isOpen,
        throttle: path === routes.receiveWebhook.path ? webhookThrottle : undefined,
      })),
    ),
    identity: { accountId, userId: 'AIDALOCALSANDBOX', userArn: `arn:aws:iam::${accountId}:user/local` },
    invoke: (event) => apiFunction(event, lambdaContext('api', apiTimeoutSeconds, region, accountId)),
    now: Date.now,
  });
  const poller = await startQueuePoller({
    // An event source mapping calls SQS with the role of its function.
    sqs: new SQSClient(functions.export.access),
    queueUrl: environment.QUEUE_URL,
    queueArn: `arn:aws:sqs:${region}:${accountId}:${environment.QUEUE_URL.split('/').at(-1)}`,
    region,
    invoke: invokeExport,
    functionTimeoutSeconds: exportTimeoutSeconds,
    maximumConcurrency,
    batchSize: 1,
  }).catch(async (error: unknown) => {
    await gateway.close();
    throw error;
  });

  return {
    url: gateway.url,
    bucket: environment.BUCKET_NAME,
    invokeExport,
    scheduler,
    placeOf: ({ view_name, export_id, attempts }) =>
      `s3://${environment.BUCKET_NAME}/${workbookKey(view_name, export_id, attempts)}`,
    close: async () => {
      await scheduler.close();
      await gateway.close();
      await poller.close();
    },
  };
}

function createQueueScheduler(
  schedules: Readonly<Record<string, Schedule>>,
  sqs: SQSClient,
  queueUrl: string,
): Scheduler {
  return createScheduler({
    schedules,
    send: (body) => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body })),
    now: Date.now,
    pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    random: Math.random,
  });
}

function sayDefects(line: string): void {
  if (line.startsWith('{"level":"ERROR"')) console.error(line);
}
