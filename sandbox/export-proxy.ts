import { SQSClient } from '@aws-sdk/client-sqs';
import { createApiFunction } from '../functions/api/api-function.ts';
import { routes } from '../functions/api/routes.ts';
import { createExportFunction } from '../functions/export/export-function.ts';
import { type AwsSandbox, startAws } from './aws/start.ts';
import { startGateway } from './gateway.ts';
import { lambdaContext } from './lambda-context.ts';
import { startQueuePoller } from './queue-poller.ts';
import { createResources, type OriginAccount } from './resources.ts';

interface ExportProxyOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly account: OriginAccount;
  /** How long a create waits for its export, in milliseconds; as long as the gateway allows where not given. */
  readonly waitMs?: number;
  /** Lambda's time limit of the export function; an export's deadline is 10 s before it. */
  readonly exportTimeoutSeconds?: number;
  readonly maximumWorkbookBytes?: number;
}

/** The whole system on one machine: the functions that Lambda runs, between a gateway, a queue and an AWS of our own. */
export interface LocalExportProxy {
  readonly url: string;
  readonly aws: AwsSandbox;
  readonly bucket: string;
  /** Invokes the export function directly, as another function would. */
  invokeExport(payload: unknown): Promise<unknown>;
  /** Takes no more calls, lets the running ones end, and stops. */
  readonly close: () => Promise<void>;
}

const apiTimeoutSeconds = 30;
const maximumConcurrency = 5;

/** Rejects with the system's error (`EADDRINUSE`) where the port is taken; nothing is left running then. */
export async function startExportProxy(options: ExportProxyOptions): Promise<LocalExportProxy> {
  const aws = await startAws();
  try {
    return await startOn(aws, options);
  } catch (error) {
    await aws.close();
    throw error;
  }
}

async function startOn(aws: AwsSandbox, options: ExportProxyOptions): Promise<LocalExportProxy> {
  const { account, waitMs, exportTimeoutSeconds = 900, maximumWorkbookBytes } = options;
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const resources = await createResources(aws, account, exportTimeoutSeconds);

  const environment = {
    ...resources,
    ...(maximumWorkbookBytes !== undefined && { MAXIMUM_WORKBOOK_BYTES: maximumWorkbookBytes }),
  };
  const apiFunction = createApiFunction(environment, { aws: access, ...(waitMs !== undefined && { waitMs }) });
  const exportFunction = createExportFunction(environment, access);
  const invokeExport = (payload: unknown) =>
    exportFunction(payload, lambdaContext('export', exportTimeoutSeconds, aws.region, aws.accountId));

  const gateway = await startGateway({
    port: options.port,
    routes: Object.values(routes).flatMap(({ methods, path, isOpen }) =>
      methods.map((method) => ({ method, path, isOpen })),
    ),
    identity: {
      accountId: aws.accountId,
      userId: 'AIDALOCALSANDBOX',
      userArn: `arn:aws:iam::${aws.accountId}:user/local`,
    },
    invoke: (event) => apiFunction(event, lambdaContext('api', apiTimeoutSeconds, aws.region, aws.accountId)),
    now: Date.now,
  });
  const poller = startQueuePoller({
    sqs: new SQSClient(access),
    queueUrl: resources.QUEUE_URL,
    queueArn: `arn:aws:sqs:${aws.region}:${aws.accountId}:exports`,
    region: aws.region,
    invoke: invokeExport,
    maximumConcurrency,
    batchSize: 1,
  });

  return {
    url: gateway.url,
    aws,
    bucket: resources.BUCKET_NAME,
    invokeExport,
    close: async () => {
      await gateway.close();
      await poller.close();
      await aws.close();
    },
  };
}
