import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { ExportProxy } from './export-proxy.ts';
import type { ExportProxyProps } from './export-proxy-props.ts';
import { noSettings, type Settings } from './settings/settings.ts';

export interface ExportProxyStackProps extends StackProps {
  /** Default: all defaults. */
  readonly settings?: Settings;
}

/** The proxy as the settings file describes it, and what its operator must know of it as outputs. */
export class ExportProxyStack extends Stack {
  readonly proxy: ExportProxy;

  constructor(scope: Construct, id: string, { settings = noSettings, ...props }: ExportProxyStackProps = {}) {
    super(scope, id, props);
    // By this id the names of all resources are what they were before the construct was; buckets and secrets keep their contents.
    const proxy = new ExportProxy(this, 'Default', this.propsOf(settings));
    this.proxy = proxy;
    if (settings.alarm_email !== undefined) this.subscribe(settings.alarm_email);
    const outputs = {
      ApiUrl: proxy.httpApi.apiEndpoint,
      SecretId: proxy.secrets.credentials.secretArn,
      SessionKeySecretId: proxy.secrets.sessionKey.secretArn,
      BucketName: proxy.bucket.bucketName,
      QueueUrl: proxy.queues.exports.queueUrl,
      DeadLettersUrl: proxy.queues.deadLetters.queueUrl,
      ScheduleDeadLettersUrl: proxy.queues.scheduleDeadLetters.queueUrl,
      LinkRoleArn: proxy.linkRole.roleArn,
      ApiFunctionName: proxy.apiFunction.functionName,
      ExportFunctionName: proxy.exportFunction.functionName,
      AlarmTopicArn: proxy.alarmTopic.topicArn,
      DashboardName: proxy.dashboard.dashboardName,
      EventBusName: proxy.eventBus.eventBusName,
      ScheduleGroupName: proxy.scheduleGroupName,
      ApiLogGroup: proxy.logGroups.api.logGroupName,
      ExportLogGroup: proxy.logGroups.export.logGroupName,
      ...(proxy.logGroups.access && { AccessLogGroup: proxy.logGroups.access.logGroupName }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  private subscribe(address: string): void {
    const subscription = this.proxy.alarmTopic.addSubscription(new EmailSubscription(address));
    Validations.of(subscription).acknowledge({
      id: 'Serverless::Serverless-SNSRedrivePolicy',
      reason:
        'A queue of undelivered alarms would be one more place where nobody looks; the dashboard shows every alarm.',
    });
  }

  private propsOf(settings: Settings): ExportProxyProps {
    const { encryption_key: keyArn, former_encryption_keys: formerKeyArns } = settings;
    return {
      originHosts: settings.origin_hosts,
      workbookDays: settings.workbook_days,
      maximumConcurrency: settings.maximum_concurrency,
      ...(settings.reserved_concurrency !== undefined && { reservedConcurrency: settings.reserved_concurrency }),
      exportMemoryMegabytes: settings.export_memory_mb,
      maximumWorkbookBytes: settings.maximum_workbook_bytes,
      longestLink: Duration.seconds(settings.longest_link_s),
      ...(keyArn !== undefined && { encryptionKey: Key.fromKeyArn(this, 'EncryptionKey', keyArn) }),
      formerEncryptionKeys: formerKeyArns.map((arn, at) => Key.fromKeyArn(this, `FormerKey${at}`, arn)),
      eventBus: EventBus.fromEventBusName(this, 'EventBus', settings.event_bus),
      webhooks: settings.webhooks,
      webhookThrottle: settings.webhook_throttle,
      schedules: settings.schedules,
      ...(settings.runbook_url !== undefined && { runbookUrl: settings.runbook_url }),
      tracing: settings.tracing,
      logRetention: settings.log_days,
      removalPolicy: settings.remove_data ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    };
  }
}
