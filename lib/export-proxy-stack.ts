import { CfnOutput, Duration, Names, Stack, type StackProps } from 'aws-cdk-lib';
import { ArnPrincipal, CompositePrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledgeFindings } from './acknowledged-findings.ts';
import { ExportBucket } from './export-bucket.ts';
import { HttpInterface } from './http-interface.ts';
import { ProxyFunction } from './proxy-function.ts';

export interface ExportProxyStackProps extends StackProps {
  /** Hosts (with port) beside Knosc's own that the secret's `base_url` may name. */
  readonly originHosts?: readonly string[];
  /** How long a workbook is kept; default 7. */
  readonly workbookDays?: number;
  /** How many exports may run at once, and so call Knosc; at least 2, default 5. */
  readonly maximumConcurrency?: number;
}

const exportTimeout = Duration.minutes(15);

/** The whole system: HTTP in, a queue, a workbook out. */
export class ExportProxyStack extends Stack {
  constructor(scope: Construct, id: string, props: ExportProxyStackProps = {}) {
    super(scope, id, props);
    const { originHosts = [], workbookDays = 7, maximumConcurrency = 5 } = props;

    const { bucket } = new ExportBucket(this, 'Exports', { workbookDays });
    const secret = new Secret(this, 'Credentials', {
      description: 'Knosc: {"base_url", "username", "password", "totp_secret"?}',
    });
    const sessionKey = new Secret(this, 'SessionKey', {
      description: 'The key of the Knosc session that the export functions share in S3',
      // Said, not left to the default, which not every emulator knows; 64 of 62 letters are 381 bits.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    const deadLetters = new Queue(this, 'DeadLetters', { enforceSSL: true, retentionPeriod: Duration.days(4) });
    const queue = new Queue(this, 'Queue', {
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      visibilityTimeout: exportTimeout,
      // Attempts are counted in the record; this only catches what nobody can parse.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 100 },
    });

    const linkRoleName = `${this.stackName}-link`;
    const shared = {
      BUCKET_NAME: bucket.bucketName,
      QUEUE_URL: queue.queueUrl,
      LINK_ROLE_ARN: this.formatArn({ service: 'iam', region: '', resource: 'role', resourceName: linkRoleName }),
    };
    const api = new ProxyFunction(this, 'Api', {
      name: 'api',
      description: 'HTTP in: begins exports, waits for them, answers with links',
      timeout: Duration.seconds(29),
      memorySize: 512,
      environment: shared,
    });
    const worker = new ProxyFunction(this, 'Export', {
      name: 'export',
      description: 'A message or an invocation in, a proven workbook in S3 out',
      timeout: exportTimeout,
      memorySize: 1024,
      environment: {
        ...shared,
        SECRET_ID: secret.secretArn,
        SESSION_KEY_SECRET_ID: sessionKey.secretArn,
        ORIGIN_HOSTS: originHosts.join(','),
        WORKBOOK_DAYS: String(workbookDays),
      },
    });
    // Not by SqsEventSource, which grants GetQueueUrl too; nobody calls that. Under its name, since Lambda takes no second mapping
    // of one queue while an update has yet to remove the first.
    worker.function.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(queue.node)}`, {
      eventSourceArn: queue.queueArn,
      batchSize: 1,
      maxConcurrency: maximumConcurrency,
      reportBatchItemFailures: true,
    });
    worker.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], queue.queueArn);

    // Its credentials carry their expiry, so that a link says truly when it ends; all it can do is read workbooks. Naming who may
    // assume it suffices in one account (STS, "AssumeRole"): a policy of theirs that allows it too would allow nothing more.
    const linkRole = new Role(this, 'LinkRole', {
      roleName: linkRoleName,
      assumedBy: new CompositePrincipal(new ArnPrincipal(api.role.roleArn), new ArnPrincipal(worker.role.roleArn)),
    });
    linkRole.addToPolicy(
      new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects('workbooks/*')] }),
    );

    const records = bucket.arnForObjects('exports/*');
    api.allow(
      ['s3:GetObject', 's3:PutObject'],
      records,
      bucket.arnForObjects('claims/*'),
      bucket.arnForObjects('requests/*'),
    );
    api.allow(['s3:DeleteObject'], bucket.arnForObjects('workbooks/*'));
    api.allow(['sqs:SendMessage'], queue.queueArn);
    worker.allow(
      ['s3:GetObject', 's3:PutObject'],
      records,
      bucket.arnForObjects('origin/*'),
      bucket.arnForObjects('claims/*'),
      bucket.arnForObjects('requests/*'),
    );
    worker.allow(['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'], bucket.arnForObjects('workbooks/*'));
    worker.allow(['sqs:SendMessage', 'sqs:ChangeMessageVisibility'], queue.queueArn);
    worker.allow(['secretsmanager:GetSecretValue'], secret.secretArn, sessionKey.secretArn);
    for (const user of [api, worker]) {
      // For lists; and without it a missing record or claim is a 403 instead of a 404.
      user.allow(['s3:ListBucket'], bucket.bucketArn);
    }

    const http = new HttpInterface(this, 'Http', api.function);
    acknowledgeFindings({
      bucket,
      http,
      credentials: secret,
      sessionKey,
      prefixes: [
        [api.role, 'exports/', 'claims/', 'requests/', 'workbooks/'],
        [worker.role, 'exports/', 'workbooks/', 'origin/', 'claims/', 'requests/'],
        [linkRole, 'workbooks/'],
      ],
    });

    new CfnOutput(this, 'ApiUrl', { value: http.api.apiEndpoint });
    new CfnOutput(this, 'SecretId', { value: secret.secretArn });
    new CfnOutput(this, 'SessionKeySecretId', { value: sessionKey.secretArn });
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName });
    new CfnOutput(this, 'QueueUrl', { value: queue.queueUrl });
    new CfnOutput(this, 'LinkRoleArn', { value: linkRole.roleArn });
    new CfnOutput(this, 'ExportFunctionName', { value: worker.function.functionName });
  }
}
