import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { HttpApi, IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { EventBus, IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { ScheduleDeclaration } from './schedules.ts';
import type { WebhookDeclaration, WebhookThrottle } from './webhooks.ts';

/** Everything may be left out. What is given is used and never changed: its policy, its lifecycle and its end are its owner's. */
export interface ExportProxyProps {
  /** Hosts (with port) beside Knosc's own that the secret's `base_url` may name; default none. */
  readonly originHosts?: readonly string[];
  /** How long a workbook can be linked again; S3 removes it a day later. Default 7. */
  readonly workbookDays?: number;
  /** How many exports from the queue may run at once, and so call Knosc; at least 2, default 5. */
  readonly maximumConcurrency?: number;
  /**
   * How many runs of the export function the account keeps room for, and lets there be at most, direct invocations too; at least
   * `maximumConcurrency`. Default none: it shares what the account has.
   */
  readonly reservedConcurrency?: number;
  /**
   * Memory of the export function, 512 to 10,240 MB; default 512. Lambda gives it a processor for each 1,769 MB: with more than one,
   * workbooks of more than 1 MiB are judged beside their transfer.
   */
  readonly exportMemoryMegabytes?: number;
  /** What a workbook may weigh; default 4 GiB. */
  readonly maximumWorkbookBytes?: number;
  /** How old a link may be when it is followed: the bucket refuses older ones, whoever signed them. 1 to 60 minutes, default 60. */
  readonly longestLink?: Duration;

  /**
   * Where records and workbooks go; default a bucket of its own. A given one should be this proxy's alone, have lifecycle rules as
   * `ExportBucket` sets them, and deny what `ExportBucket` denies. Its key is `encryptionKey`, unless it says another itself
   * (`Bucket.fromBucketAttributes`).
   */
  readonly bucket?: Bucket | IBucket;
  /** Encrypts bucket, secrets and queues; default keys of AWS. Secrets of webhooks may lie under it too. */
  readonly encryptionKey?: IKey;
  /** What `encryptionKey` was before: what still lies under these keys can be read, and nothing new is encrypted with them. */
  readonly formerEncryptionKeys?: readonly IKey[];
  /** Where `Export Ready` and `Export Failed` go; default the account's default bus. */
  readonly eventBus?: EventBus | IEventBus;
  /** Gets the routes; default an API of its own. A given one needs the stage `$default`, and a throttle for the webhooks' route. */
  readonly httpApi?: HttpApi | IHttpApi;

  /** Webhooks by name, as in the settings file. */
  readonly webhooks?: Readonly<Record<string, WebhookDeclaration>>;
  /** What the webhooks' open route takes at most, all webhooks together; default 50 a second, 100 at once. Not with `httpApi`. */
  readonly webhookThrottle?: WebhookThrottle;
  /** Schedules by name, as in the settings file. */
  readonly schedules?: Readonly<Record<string, ScheduleDeclaration>>;

  /** Where alarms go; default a topic of its own, encrypted, without subscribers. A given one must let CloudWatch publish. */
  readonly alarmTopic?: ITopic;
  /** Where `docs/runbook.md` can be read, an https address; alarms link to their entries. Default they name them in words. */
  readonly runbookUrl?: string;
  /**
   * CloudWatch's namespace of what the functions measure; default what the alarms' names begin with, which no other proxy of the account
   * and region has. Proxies with the same one are counted together, and their alarms ring together.
   */
  readonly metricsNamespace?: string;
  /** X-Ray traces of both functions; default true. */
  readonly tracing?: boolean;
  /** How long logs are kept; default a month. */
  readonly logRetention?: RetentionDays;
  /** What becomes of bucket and secrets when the proxy is removed; default `RETAIN`. `DESTROY` removes the bucket if it is empty. */
  readonly removalPolicy?: RemovalPolicy;
}
