import { Stack, Validations } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { HttpInterface } from './http-interface.ts';
import type { ProxyFunction } from './proxy-function.ts';
import type { ProxyQueues } from './queues.ts';
import type { ProxySecrets } from './secrets.ts';

interface AcknowledgedParts {
  readonly bucket: Bucket | IBucket;
  readonly http: HttpInterface;
  readonly secrets: ProxySecrets;
  readonly queues: ProxyQueues;
  readonly api: ProxyFunction;
  readonly worker: ProxyFunction;
  readonly linkRole: Role;
  readonly tracing: boolean;
}

/** Findings of cdk-nag's packs that stay, each with the reason why nothing would remove it, or nothing cheap. */
export function acknowledgeFindings(parts: AcknowledgedParts): void {
  const { bucket, http, secrets, queues, api, worker, linkRole, tracing } = parts;
  acknowledge(
    secrets.credentials,
    'AwsSolutions::AwsSolutions-SMG4',
    'Knosc has no call that changes a password for a machine: a person rotates it there and here.',
  );
  acknowledge(
    secrets.sessionKey,
    'AwsSolutions::AwsSolutions-SMG4',
    'A new key would only end the session that it encrypts, which lives for minutes; Secrets Manager rotates by a function that would have to be ours.',
  );
  const prefixes: readonly (readonly [role: Role, ...prefixes: string[]])[] = [
    [api.role, 'exports/', 'claims/', 'requests/', 'workbooks/'],
    [worker.role, 'exports/', 'workbooks/', 'origin/', 'claims/', 'requests/'],
    [linkRole, 'workbooks/'],
  ];
  for (const [role, ...ofRole] of prefixes) {
    for (const prefix of ofRole) {
      acknowledge(
        role,
        `AwsSolutions::AwsSolutions-IAM5[Resource::${flat(Stack.of(role).resolve(bucket.bucketArn))}/${prefix}*]`,
        `Export ids and versions of secrets are made at run time, so the narrowest name for these objects is their prefix ${prefix}.`,
      );
    }
  }
  for (const { role, function: traced } of [api, worker]) {
    if (tracing) {
      acknowledge(
        role,
        'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
        'xray:PutTraceSegments and xray:PutTelemetryRecords know no resource (Service Authorization Reference, "AWS X-Ray"); nothing else is allowed on *.',
      );
    } else {
      acknowledge(traced, 'Serverless::Serverless-LambdaTracing', 'Whoever deploys this has switched tracing off.');
    }
  }
  acknowledge(
    queues.scheduleDeadLetters,
    'AwsSolutions::AwsSolutions-SQS3',
    "It is the dead-letter queue of EventBridge Scheduler, which the rule does not know: it looks at queues' redrive policies alone.",
  );
  for (const queue of [queues.deadLetters, queues.scheduleDeadLetters]) {
    acknowledge(
      queue,
      'Serverless::Serverless-SQSRedrivePolicy',
      'It is a dead-letter queue itself: nothing reads it but people, and an alarm calls them.',
    );
  }
  acknowledge(
    api.function,
    'Serverless::Serverless-LambdaDLQ',
    'It is invoked by API Gateway alone, which waits for the answer; Lambda uses a dead-letter target for asynchronous events only.',
  );
  acknowledge(
    worker.function,
    'Serverless::Serverless-LambdaDLQ',
    'Its messages have the dead-letter queue of their queue; whoever invokes it directly has a delayed message on that queue, which takes over from a run that died.',
  );
  acknowledge(
    worker.function,
    'Serverless::Serverless-LambdaEventSourceMappingDestination',
    "A mapping of an SQS queue takes no destination (Lambda's API: streams and Kafka only); the queue's redrive policy does this.",
  );
  if (http.stage) {
    acknowledge(
      http.stage,
      'Serverless::Serverless-APIGWStructuredLogging',
      'The lines of the access log are JSON. The rule parses their format instead, in which numbers are variables without quotes; in quotes no filter pattern could compare them.',
    );
  }
  for (const route of http.openRoutes) {
    acknowledge(
      route,
      'AwsSolutions::AwsSolutions-APIG4',
      `/health is for monitors without an AWS identity and answers without facts; webhooks are signed by their senders, ${
        http.accessLog ? 'and throttled' : 'and to be throttled by the owner of the API that is given'
      }.`,
    );
  }
}

function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/** A reference as cdk-nag writes it in a finding's id. */
function flat(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  if (typeof reference !== 'object' || reference === null) return '';
  if ('Ref' in reference) return `<${String(reference.Ref)}>`;
  if ('Fn::GetAtt' in reference && Array.isArray(reference['Fn::GetAtt'])) {
    return `<${reference['Fn::GetAtt'].map(String).join('.')}>`;
  }
  if ('Fn::Join' in reference && Array.isArray(reference['Fn::Join'])) {
    const items: unknown = reference['Fn::Join'][1];
    return Array.isArray(items) ? items.map(flat).join('') : '';
  }
  return JSON.stringify(reference);
}
