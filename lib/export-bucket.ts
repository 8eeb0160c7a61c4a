import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface ExportBucketProps {
  /** How long a workbook can be linked again; S3 removes it a day later. */
  readonly workbookDays: number;
  /** How old a link may be when it is followed. */
  readonly longestLink: Duration;
  readonly encryptionKey?: IKey | undefined;
  /** Of the bucket itself; its access logs stay. */
  readonly removalPolicy: RemovalPolicy;
}

/**
 * The one bucket: records, claims, the index of requests, and workbooks, each kept as long as the ledger needs it (DESIGN.md, "The
 * ledger"). It refuses plain HTTP, every account but its own, and links older than `longestLink`.
 */
export class ExportBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ExportBucketProps) {
    super(scope, id);
    const { workbookDays, longestLink, encryptionKey, removalPolicy } = props;
    const common = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    };
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...common,
      // S3 delivers access logs to buckets with its own keys only (User Guide, "Enabling server access logging").
      encryption: BucketEncryption.S3_MANAGED,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      // Whatever is asked for: S3 delivers logs hours late, so it is never empty when the stack goes, and the removal would fail.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    accessLogs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [accessLogs.arnForObjects('*')],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.bucket = new Bucket(this, 'Bucket', {
      ...common,
      removalPolicy,
      // One data key for a while instead of a call of KMS for each object.
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      // By its name: the class does not fit its own interface under exactOptionalPropertyTypes.
      serverAccessLogsBucket: Bucket.fromBucketName(this, 'AccessLogsByName', accessLogs.bucketName),
      lifecycleRules: [
        { prefix: 'workbooks/', expiration: Duration.days(workbookDays + 1) },
        // Nobody joins an export that has expired.
        { prefix: 'requests/', expiration: Duration.days(workbookDays + 1) },
        // Claims end before the records that they name.
        { prefix: 'claims/', expiration: Duration.days(14) },
        { prefix: 'exports/', expiration: Duration.days(30) },
        // Nothing under origin/ ends: a refusal that expired would be tried again. It is 2 KiB for each version of the secret.
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    for (const bucket of [accessLogs, this.bucket]) refuseOtherAccounts(bucket);
    refuseOldLinks(this.bucket, longestLink);
    Validations.of(this.bucket).acknowledge({
      id: 'Annotation::@aws-cdk/aws-s3:accessLogsPolicyNotAdded',
      reason: 'The statement that lets S3 write its access logs is added above, by hand.',
    });
  }
}

/** Whatever else may be allowed one day. `IfExists`, since an anonymous call has none of these keys and is refused too. */
function refuseOtherAccounts(bucket: Bucket): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'RefuseOtherAccounts',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:*'],
      resources: [bucket.bucketArn, bucket.arnForObjects('*')],
      conditions: {
        StringNotEqualsIfExists: { 'aws:PrincipalAccount': Stack.of(bucket).account },
        // Access logs are written by S3 itself, which is in no account; they have their own condition.
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
      },
    }),
  );
}

/** A link of ours ends by itself; this ends one that somebody signed for longer, with whatever credentials. */
function refuseOldLinks(bucket: Bucket, longestLink: Duration): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'RefuseOldLinks',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:*'],
      resources: [bucket.arnForObjects('*')],
      conditions: {
        StringEquals: { 's3:authType': 'REST-QUERY-STRING' },
        NumericGreaterThan: { 's3:signatureAge': String(longestLink.toMilliseconds()) },
      },
    }),
  );
}
