import { Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import type { HttpApi, IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Dashboard, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { metricsNamespaceSchema } from '../functions/ledger/metric-names.ts';
import { grantAccess } from './access.ts';
import { acknowledgeFindings } from './acknowledged-findings.ts';
import { parseDeclaration } from './declaration.ts';
import { ExportBucket } from './export-bucket.ts';
import type { ExportProxyProps } from './export-proxy-props.ts';
import { HttpInterface } from './http-interface.ts';
import { createFunctionMetrics, type FunctionMetrics, type MetricDimensions } from './monitoring/metric.ts';
import { Monitoring } from './monitoring/monitoring.ts';
import { runbookUrlSchema } from './monitoring/runbook.ts';
import { createFunctions, exportTimeout } from './proxy-functions.ts';
import { ProxyQueues } from './queues.ts';
import { type ScheduleDeclaration, Schedules } from './schedules.ts';
import { ProxySecrets } from './secrets.ts';
import { noSettings } from './settings/settings.ts';
import { type WebhookDeclaration, Webhooks, type WebhookThrottle } from './webhooks.ts';

/** The whole system: HTTP, webhooks and schedules in, a queue, workbooks and events out. */
export class ExportProxy extends Construct {
  readonly bucket: Bucket | IBucket;
  readonly secrets: ProxySecrets;
  readonly queues: ProxyQueues;
  readonly apiFunction: IFunction;
  readonly exportFunction: IFunction;
  /** The functions' logs, and the access log of an API of its own. */
  readonly logGroups: { readonly api: ILogGroup; readonly export: ILogGroup; readonly access: ILogGroup | undefined };
  /** Signs links; it can read workbooks and nothing else. */
  readonly linkRole: Role;
  readonly httpApi: HttpApi | IHttpApi;
  readonly alarmTopic: ITopic;
  readonly dashboard: Dashboard;
  readonly eventBus: EventBus | IEventBus;
  /** The group of its schedules in EventBridge Scheduler. */
  readonly scheduleGroupName: string;
  /** CloudWatch's namespace of what its functions measure. */
  readonly metricsNamespace: string;
  private readonly ownMetrics: FunctionMetrics;
  private readonly webhooks: Webhooks;
  private readonly schedules: Schedules;

  constructor(scope: Construct, id: string, props: ExportProxyProps = {}) {
    super(scope, id);
    const {
      workbookDays = noSettings.workbook_days,
      tracing = true,
      logRetention = RetentionDays.ONE_MONTH,
      encryptionKey,
    } = props;
    const { removalPolicy = RemovalPolicy.RETAIN, formerEncryptionKeys = [] } = props;
    const longestLink = longestLinkOf(props);
    // Its own within account and region, as the names of alarms must be.
    const ownName = Names.uniqueResourceName(this, { maxLength: 100, separator: '-' });
    this.metricsNamespace = parseDeclaration(
      metricsNamespaceSchema,
      props.metricsNamespace ?? ownName,
      'metricsNamespace',
    );
    this.ownMetrics = createFunctionMetrics(this.metricsNamespace);

    this.bucket =
      props.bucket ??
      new ExportBucket(this, 'Exports', { workbookDays, longestLink, encryptionKey, removalPolicy }).bucket;
    this.secrets = new ProxySecrets(this, { encryptionKey, removalPolicy });
    this.queues = new ProxyQueues(this, { exportTimeout, encryptionKey });
    this.eventBus = props.eventBus ?? EventBus.fromEventBusName(this, 'DefaultBus', 'default');

    const functions = createFunctions(this, {
      ...props,
      bucket: this.bucket,
      queues: this.queues,
      secrets: this.secrets,
      eventBus: this.eventBus,
      encryptionKey,
      formerEncryptionKeys,
      workbookDays,
      longestLink,
      metricsNamespace: this.metricsNamespace,
      tracing,
      logRetention,
    });
    const { api, worker } = functions;
    this.apiFunction = api.function;
    this.exportFunction = worker.function;
    this.linkRole = functions.linkRole;

    const http = new HttpInterface(this, 'Http', {
      handler: api.function,
      webhookThrottle: webhookThrottleOf(props),
      logRetention,
      given: props.httpApi,
    });
    this.httpApi = http.api;
    this.logGroups = { api: api.logGroup, export: worker.logGroup, access: http.accessLog };

    this.webhooks = new Webhooks(this, 'Webhooks', { api, encryptionKey, formerEncryptionKeys });
    this.schedules = new Schedules(this, 'Schedules', {
      queue: this.queues.exports,
      deadLetters: this.queues.scheduleDeadLetters,
      encryptionKey,
    });
    this.scheduleGroupName = this.schedules.group.ref;
    const monitoring = new Monitoring(this, 'Monitoring', {
      parts: {
        own: this.ownMetrics,
        httpApi: http.api,
        apiFunction: api.function,
        exportFunction: worker.function,
        queue: this.queues.exports,
        deadLetters: this.queues.deadLetters,
        scheduleDeadLetters: this.queues.scheduleDeadLetters,
        scheduleGroupName: this.scheduleGroupName,
      },
      prefix: ownName,
      runbookUrl: parseDeclaration(runbookUrlSchema.optional(), props.runbookUrl, 'runbookUrl'),
      given: props.alarmTopic,
    });
    this.alarmTopic = monitoring.topic;
    this.dashboard = monitoring.dashboard;
    acknowledgeFindings({
      bucket: this.bucket,
      secrets: this.secrets,
      queues: this.queues,
      ...functions,
      http,
      tracing,
    });

    for (const [name, webhook] of Object.entries(props.webhooks ?? {})) this.addWebhook(name, webhook);
    for (const [name, schedule] of Object.entries(props.schedules ?? {})) this.addSchedule(name, schedule);
  }

  /** Adds a webhook, `POST /webhooks/{name}`. `secretKey` is the secret's KMS key where that is neither AWS's own nor `encryptionKey`. */
  addWebhook(name: string, webhook: WebhookDeclaration, secretKey?: IKey): void {
    this.webhooks.add(name, webhook, secretKey);
  }

  /** Adds a schedule. */
  addSchedule(name: string, schedule: ScheduleDeclaration): void {
    this.schedules.add(name, schedule);
  }

  /** Lets `grantee` create exports of these views, or of every view, and look at them, whoever began them. */
  grantExport(grantee: IGrantable, views?: readonly string[]): Grant {
    return grantAccess(this.httpApi, grantee, 'export', views);
  }

  /** Lets `grantee` look at exports of these views, or of every view, and fetch their workbooks. */
  grantRead(grantee: IGrantable, views?: readonly string[]): Grant {
    return grantAccess(this.httpApi, grantee, 'read', views);
  }

  /** Lets `grantee` invoke the export function directly, which exports any view and answers with the link. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.exportFunction.functionArn],
    });
  }

  /** Exports that ended, all or those of an `outcome` (`ready`, `cancelled`, a failure's code) or `trigger` and `outcome`. */
  metricExports(dimensions?: MetricDimensions, options?: MetricOptions): Metric {
    return this.ownMetrics.metricOf('Exports', dimensions, options);
  }

  /** Milliseconds from an export's creation to its workbook being ready; the 90th percentile unless said otherwise. */
  metricTimeToLink(options?: MetricOptions): Metric {
    return this.ownMetrics.metricOf('TimeToLink', {}, { statistic: 'p90', ...options });
  }

  /** The sizes of ready workbooks, in bytes. */
  metricWorkbookBytes(options?: MetricOptions): Metric {
    return this.ownMetrics.metricOf('WorkbookBytes', {}, options);
  }

  /** Calls to Knosc, all or those of an `outcome`. */
  metricOriginCalls(dimensions?: MetricDimensions, options?: MetricOptions): Metric {
    return this.ownMetrics.metricOf('OriginCalls', dimensions, options);
  }

  /** Log-ins that Knosc refused, or may have; it locks the account at the third in a row. */
  metricRefusedLogIns(options?: MetricOptions): Metric {
    return this.ownMetrics.metricOf('RefusedLogIns', {}, options);
  }

  /** Workbooks that were not sound, all or those of an `outcome` (the reason). */
  metricProofFailures(dimensions?: MetricDimensions, options?: MetricOptions): Metric {
    return this.ownMetrics.metricOf('ProofFailures', dimensions, options);
  }

  /** Milliseconds that exports lay in the queue before their first run; the 90th percentile unless said otherwise. */
  metricQueueAge(options?: MetricOptions): Metric {
    return this.ownMetrics.metricOf('QueueAge', {}, { statistic: 'p90', ...options });
  }
}

/** The stage of an API that is given is its owner's; a throttle that nobody sets there would be a promise only. */
function webhookThrottleOf({ httpApi, webhookThrottle }: ExportProxyProps): WebhookThrottle {
  if (!httpApi || !webhookThrottle) return webhookThrottle ?? noSettings.webhook_throttle;
  throw new Error(
    'webhookThrottle is for an API of its own; throttle POST /webhooks/{webhook_name} on the stage of the given httpApi, and ' +
      `leave webhookThrottle out; given is ${JSON.stringify(webhookThrottle)}`,
  );
}

/** What a caller may ask for at most (DESIGN.md, `link_lifetime_s`). */
function longestLinkOf({ longestLink = Duration.hours(1) }: ExportProxyProps): Duration {
  const seconds = longestLink.toSeconds();
  if (seconds >= 60 && seconds <= 3600) return longestLink;
  throw new Error(`longestLink must be from 1 to 60 minutes; given is ${seconds} s`);
}
