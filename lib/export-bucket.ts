import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

interface ExportBucketProps {
  /** How long a workbook can be linked again; S3 removes it a day later. */
  readonly workbookDays: number;
}

/** The one bucket: records, claims, the index of requests, and workbooks, each kept as long as the ledger needs it (DESIGN.md, "The ledger"). */
export class ExportBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { workbookDays }: ExportBucketProps) {
    super(scope, id);
    const common = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // What was exported outlives the stack; the README says how to remove it too.
      removalPolicy: RemovalPolicy.RETAIN,
    };
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...common,
      lifecycleRules: [{ expiration: Duration.days(90) }],
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
    Validations.of(this.bucket).acknowledge({
      id: 'Annotation::@aws-cdk/aws-s3:accessLogsPolicyNotAdded',
      reason: 'The statement that lets S3 write its access logs is added above, by hand.',
    });
  }
}
