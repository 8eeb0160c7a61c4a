import * as z from 'zod';
import type { AccessContext } from '../aws/iam/context.ts';
import type { AccessRequest } from '../aws/iam/decide.ts';
import { type EncryptionKeys, keyAccess } from '../aws/iam/key-access.ts';
import type { Resolve } from './intrinsics.ts';
import { type Place, regionalArn, type ResourceIds } from './resource-ids.ts';
import { resourcesOf, type Template } from './template.ts';

/** What a service of AWS's does by itself because of what a template sets up. Nothing of ours calls it, so no run shows it. */
export interface ServicesCall extends AccessRequest {
  readonly reason: string;
}

interface Deployment {
  readonly template: Template;
  readonly ids: ReadonlyMap<string, ResourceIds>;
  readonly resolve: Resolve;
  readonly place: Place;
  readonly keys: EncryptionKeys;
}

const functionSchema = z.object({
  Role: z.string(),
  LoggingConfig: z.object({ LogGroup: z.string() }).optional(),
  TracingConfig: z.object({ Mode: z.string() }).optional(),
});
const scheduleSchema = z.object({
  GroupName: z.string().default('default'),
  Target: z.object({
    Arn: z.string(),
    RoleArn: z.string(),
    DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
  }),
});
const alarmSchema = z.object({
  AlarmActions: z.array(z.string()).default([]),
  OKActions: z.array(z.string()).default([]),
});
const topicPolicySchema = z.object({ Topics: z.array(z.string()) });
const topicSchema = z.object({ KmsMasterKeyId: z.string().optional() });
const integrationSchema = z.object({ IntegrationUri: z.string() });
const stageSchema = z.object({ ApiId: z.string(), StageName: z.string() });
const routeSchema = z.object({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z
    .string()
    .regex(/^integrations\//)
    .transform((target) => target.replace('integrations/', '')),
});
const bucketSchema = z.object({
  LoggingConfiguration: z.object({ DestinationBucketName: z.string().optional() }).optional(),
});

/** From the functions, routes, schedules and buckets themselves, never from their policies: those are what it is held against. */
export function servicesCalls({ template, ids, resolve, place, keys }: Deployment): readonly ServicesCall[] {
  const { accountId } = place;
  const context: AccessContext = {
    'aws:resourceaccount': accountId,
    'aws:principalisawsservice': 'true',
    'aws:sourceaccount': accountId,
    'aws:securetransport': 'true',
  };
  const call = (identity: string, action: string, resource: string, reason: string, more: AccessContext = {}) => {
    return { identity, caller: identity, action, resource, reason, context: { ...context, ...more } };
  };
  /** With a role of ours, and so with what that role may do to the key of what it reaches. */
  const send = (role: string, queue: string, reason: string) => [
    call(role, 'sqs:SendMessage', queue, reason, ofRole),
    ...keyAccess('SendMessage', queue, keys, place).map((access) =>
      call(role, access.action, access.resource, reason, { ...ofRole, ...access.context }),
    ),
  ];
  const ofRole: AccessContext = { 'aws:principalisawsservice': 'false', 'aws:principalaccount': accountId };
  const resolved = (type: string, ...properties: readonly string[]) =>
    resourcesOf(template, type).map((resource) => ({
      logicalId: resource.logicalId,
      properties: resolve(Object.fromEntries(properties.map((name) => [name, resource.properties[name]]))),
    }));

  const ofFunctions = resolved('AWS::Lambda::Function', 'Role', 'LoggingConfig', 'TracingConfig').flatMap((found) => {
    const { Role, LoggingConfig, TracingConfig } = functionSchema.parse(found.properties);
    const group = LoggingConfig?.LogGroup ?? `/aws/lambda/${ids.get(found.logicalId)?.ref}`;
    const stream = `${regionalArn('logs', place)}:log-group:${group}:log-stream:instance`;
    const traces = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'].map((action) =>
      call(Role, action, '*', 'Lambda traces a function'),
    );
    return [
      call('lambda.amazonaws.com', 'sts:AssumeRole', Role, 'Lambda runs a function with its role'),
      call(Role, 'logs:CreateLogStream', stream, 'Lambda opens a log stream for each instance of a function'),
      call(Role, 'logs:PutLogEvents', stream, 'Lambda writes what a function prints'),
      ...(TracingConfig?.Mode === 'Active' ? traces : []),
    ];
  });
  const stages = new Map(
    resolved('AWS::ApiGatewayV2::Stage', 'ApiId', 'StageName').map(({ properties }) => {
      const { ApiId, StageName } = stageSchema.parse(properties);
      return [ApiId, StageName] as const;
    }),
  );
  const integrations = new Map(
    resolved('AWS::ApiGatewayV2::Integration', 'IntegrationUri').map(({ logicalId, properties }) => {
      return [ids.get(logicalId)?.ref, integrationSchema.parse(properties).IntegrationUri] as const;
    }),
  );
  const ofRoutes = resolved('AWS::ApiGatewayV2::Route', 'ApiId', 'RouteKey', 'Target').map(({ properties }) => {
    const { ApiId, RouteKey, Target } = routeSchema.parse(properties);
    // A method and a path are two segments, `$default` is one: a pattern for the former names the latter not (SAM, issue 1860).
    const route = `${ApiId}/${stages.get(ApiId) ?? '$default'}/${RouteKey.replace(' ', '')}`;
    const source = { 'aws:sourcearn': `${regionalArn('execute-api', place)}:${route}` };
    const uri = integrations.get(Target) ?? '';
    const reason = 'API Gateway calls the function for a route';
    return call('apigateway.amazonaws.com', 'lambda:InvokeFunction', uri, reason, source);
  });
  const ofSchedules = resolved('AWS::Scheduler::Schedule', 'GroupName', 'Target').flatMap(({ properties }) => {
    const { GroupName, Target } = scheduleSchema.parse(properties);
    const { Arn, RoleArn, DeadLetterConfig } = Target;
    const group = { 'aws:sourcearn': `${regionalArn('scheduler', place)}:schedule-group/${GroupName}` };
    return [
      call('scheduler.amazonaws.com', 'sts:AssumeRole', RoleArn, 'Scheduler acts with the role of a schedule', group),
      ...send(RoleArn, Arn, 'Scheduler puts the message of a schedule on the queue'),
      ...(DeadLetterConfig ? send(RoleArn, DeadLetterConfig.Arn, 'Scheduler keeps what the queue did not take') : []),
    ];
  });
  const ofBuckets = resolved('AWS::S3::Bucket', 'LoggingConfiguration').flatMap(({ properties }) => {
    const log = bucketSchema.parse(properties).LoggingConfiguration?.DestinationBucketName;
    if (log === undefined) return [];
    return [call('logging.s3.amazonaws.com', 's3:PutObject', `arn:aws:s3:::${log}/log`, 'S3 writes its access log')];
  });
  const alarmed = new Set(
    resolved('AWS::CloudWatch::Alarm', 'AlarmActions', 'OKActions').flatMap(({ properties }) => {
      const { AlarmActions, OKActions } = alarmSchema.parse(properties);
      return [...AlarmActions, ...OKActions];
    }),
  );
  // Without a policy of its own, a topic has one that lets all alarms of the account publish.
  const guarded = new Set(
    resolved('AWS::SNS::TopicPolicy', 'Topics').flatMap(({ properties }) => topicPolicySchema.parse(properties).Topics),
  );
  const alarm = (action: string, resource: string) =>
    call('cloudwatch.amazonaws.com', action, resource, 'CloudWatch tells the topic of an alarm');
  const ofTopics = resolved('AWS::SNS::Topic', 'KmsMasterKeyId').flatMap(({ logicalId, properties }) => {
    const topic = ids.get(logicalId)?.ref ?? '';
    const { KmsMasterKeyId: key = '' } = topicSchema.parse(properties);
    if (!alarmed.has(topic)) return [];
    const toKey = ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => alarm(action, key));
    return [...(guarded.has(topic) ? [alarm('sns:Publish', topic)] : []), ...(key.startsWith('arn:') ? toKey : [])];
  });
  return [...ofFunctions, ...ofRoutes, ...ofSchedules, ...ofBuckets, ...ofTopics];
}
