import { Duration } from 'aws-cdk-lib';
import type { EventBus, IEventBus } from 'aws-cdk-lib/aws-events';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { ExportProxyProps } from './export-proxy-props.ts';
import { allowCalls, allowFormerKeys, createLinkRole } from './function-roles.ts';
import { ProxyFunction } from './proxy-function.ts';
import type { ProxyQueues } from './queues.ts';
import type { ProxySecrets } from './secrets.ts';
import { noSettings, settingsSchema } from './settings/settings.ts';

interface FunctionsProps
  extends Pick<
    ExportProxyProps,
    'originHosts' | 'maximumConcurrency' | 'reservedConcurrency' | 'exportMemoryMegabytes' | 'maximumWorkbookBytes'
  > {
  readonly bucket: Bucket | IBucket;
  readonly queues: ProxyQueues;
  readonly secrets: ProxySecrets;
  readonly eventBus: EventBus | IEventBus;
  readonly encryptionKey: IKey | undefined;
  readonly formerEncryptionKeys: readonly IKey[];
  readonly workbookDays: number;
  readonly longestLink: Duration;
  readonly metricsNamespace: string;
  readonly tracing: boolean;
  readonly logRetention: RetentionDays;
}

/**
 * Chosen by the rule in bench/RESULTS.md: the cheapest that keeps it. Most of an export is waiting, which a smaller size makes cheaper; the
 * export function's default is its setting's.
 */
const apiMemoryMegabytes = 512;

/** How long an export may run. */
export const exportTimeout = Duration.minutes(15);

interface Functions {
  readonly api: ProxyFunction;
  readonly worker: ProxyFunction;
  readonly linkRole: Role;
}

/** Both functions, with what their environments tell them and what their roles allow them. */
export function createFunctions(scope: Construct, props: FunctionsProps): Functions {
  const { bucket, queues, secrets, eventBus, encryptionKey, tracing, logRetention } = props;
  const { maximumConcurrency = noSettings.maximum_concurrency } = props;
  const shared = {
    BUCKET_NAME: bucket.bucketName,
    QUEUE_URL: queues.exports.queueUrl,
    LONGEST_LINK_S: String(props.longestLink.toSeconds()),
    METRICS_NAMESPACE: props.metricsNamespace,
  };
  const api = new ProxyFunction(scope, 'Api', {
    name: 'api',
    description: 'HTTP in: begins exports, waits for them, answers with links',
    timeout: Duration.seconds(29),
    memorySize: apiMemoryMegabytes,
    environment: shared,
    tracing,
    logRetention,
  });
  const worker = new ProxyFunction(scope, 'Export', {
    name: 'export',
    description: 'A message or an invocation in, a proven workbook in S3 out',
    timeout: exportTimeout,
    memorySize: exportMemoryOf(props.exportMemoryMegabytes),
    reservedConcurrency: reservedConcurrencyOf(props.reservedConcurrency, maximumConcurrency),
    environment: {
      ...shared,
      SECRET_ID: secrets.credentials.secretArn,
      SESSION_KEY_SECRET_ID: secrets.sessionKey.secretArn,
      ORIGIN_HOSTS: (props.originHosts ?? []).join(','),
      WORKBOOK_DAYS: String(props.workbookDays),
      // A name would be that of a bus of this account.
      EVENT_BUS_NAME: eventBus.eventBusArn,
      ...(props.maximumWorkbookBytes !== undefined && {
        MAXIMUM_WORKBOOK_BYTES: String(props.maximumWorkbookBytes),
      }),
    },
    tracing,
    logRetention,
  });
  // Not by `SqsEventSource`, which would also allow GetQueueUrl, and the customer's key wherever it is used.
  worker.function.addEventSourceMapping('Queue', {
    eventSourceArn: queues.exports.queueArn,
    batchSize: 1,
    maxConcurrency: maximumConcurrency,
    reportBatchItemFailures: true,
  });
  const linkRole = createLinkRole(scope, { api, worker, bucket, encryptionKey });
  for (const { function: user } of [api, worker]) user.addEnvironment('LINK_ROLE_ARN', linkRole.roleArn);
  allowFormerKeys({ api, worker, linkRole, secrets, keys: props.formerEncryptionKeys });
  allowCalls({ api, worker, bucket, queues, secrets, eventBus, encryptionKey });
  return { api, worker, linkRole };
}

function exportMemoryOf(megabytes: number = noSettings.export_memory_mb): number {
  const { success } = settingsSchema.safeParse({ export_memory_mb: megabytes });
  if (success) return megabytes;
  throw new Error(`exportMemoryMegabytes must be a whole number from 512 to 10240; given is ${megabytes}`);
}

/** With less than the queue may run at once, messages would be taken for runs that may not start, and come back later. */
function reservedConcurrencyOf(reserved: number | undefined, maximumConcurrency: number): number | undefined {
  if (reserved === undefined || (Number.isInteger(reserved) && reserved >= maximumConcurrency)) return reserved;
  throw new Error(
    `reservedConcurrency must be a whole number and at least maximumConcurrency, ${maximumConcurrency}; given is ${reserved}`,
  );
}
