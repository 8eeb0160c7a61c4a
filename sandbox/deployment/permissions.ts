import * as z from 'zod';
import { type Permission, permissionsOf } from '../aws/iam/permission.ts';
import type { Resolve } from './intrinsics.ts';
import type { ResourceIds } from './resource-ids.ts';
import { type Resource, resourcesOf, type Template } from './template.ts';

interface Deployment {
  readonly template: Template;
  readonly ids: ReadonlyMap<string, ResourceIds>;
  readonly resolve: Resolve;
}

// Strict where more would allow or forbid something that is not looked at here.
const roleSchema = z.object({
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.array(z.object({ PolicyDocument: z.unknown() })).default([]),
  ManagedPolicyArns: z.undefined('managed policies are not in this sandbox').optional(),
  PermissionsBoundary: z.undefined('boundaries are not in this sandbox').optional(),
  Path: z.undefined('paths of roles are not in this sandbox').optional(),
});
const policySchema = z.object({
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).min(1),
  Users: z.undefined().optional(),
  Groups: z.undefined().optional(),
});
/** Types of policies of resources, with the property that names what they are for. */
const resourcePolicies = {
  'AWS::S3::BucketPolicy': z.object({ PolicyDocument: z.unknown(), Bucket: z.string() }),
  'AWS::SQS::QueuePolicy': z.object({ PolicyDocument: z.unknown(), Queues: z.array(z.string()) }),
  'AWS::SNS::TopicPolicy': z.object({ PolicyDocument: z.unknown(), Topics: z.array(z.string()) }),
  'AWS::SecretsManager::ResourcePolicy': z.object({ ResourcePolicy: z.unknown(), SecretId: z.string() }),
} as const;

const keySchema = z.object({ KeyPolicy: z.unknown() });
const lambdaPermissionSchema = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});
type PermissionsIn = (properties: unknown, resource: Resource) => readonly Permission[];

/**
 * Everything that the template's policies say of roles, buckets, queues, topics, secrets, keys and functions, with the sandbox's own
 * ARNs. Throws on a policy or permission of any other type.
 */
export function permissionsOfTemplate({ template, ids, resolve }: Deployment): readonly Permission[] {
  const arns = new Map([...ids.values()].map(({ ref, attributes }) => [ref, attributes['Arn'] ?? ref]));
  const arnOf = (ref: string) => {
    const arn = arns.get(ref);
    if (arn !== undefined) return arn;
    throw new Error(`A policy of the template is for ${ref}, which is not in it.`);
  };
  const ofPolicy: PermissionsIn = (properties) => {
    const { Roles, PolicyDocument } = policySchema.parse(properties);
    return Roles.flatMap((role) => permissionsOf('identity', arnOf(role), PolicyDocument));
  };
  const onResources = (refs: readonly string[], document: unknown) =>
    refs.flatMap((ref) => permissionsOf('resource', arnOf(ref), document));

  const readers: Readonly<Record<string, PermissionsIn>> = {
    'AWS::IAM::Role': (properties, { logicalId }) => {
      const role = roleSchema.parse(properties);
      const arn = ids.get(logicalId)?.attributes['Arn'] ?? '';
      return [
        ...permissionsOf('trust', arn, role.AssumeRolePolicyDocument),
        ...role.Policies.flatMap(({ PolicyDocument }) => permissionsOf('identity', arn, PolicyDocument)),
      ];
    },
    'AWS::KMS::Key': (properties, { logicalId }) => {
      const arn = ids.get(logicalId)?.attributes['Arn'] ?? '';
      return permissionsOf('resource', arn, keySchema.parse(properties).KeyPolicy);
    },
    'AWS::IAM::Policy': ofPolicy,
    'AWS::IAM::ManagedPolicy': ofPolicy,
    'AWS::S3::BucketPolicy': (properties) => {
      const { Bucket, PolicyDocument } = resourcePolicies['AWS::S3::BucketPolicy'].parse(properties);
      return onResources([Bucket], PolicyDocument);
    },
    'AWS::SQS::QueuePolicy': (properties) => {
      const { Queues, PolicyDocument } = resourcePolicies['AWS::SQS::QueuePolicy'].parse(properties);
      return onResources(Queues, PolicyDocument);
    },
    'AWS::SNS::TopicPolicy': (properties) => {
      const { Topics, PolicyDocument } = resourcePolicies['AWS::SNS::TopicPolicy'].parse(properties);
      return onResources(Topics, PolicyDocument);
    },
    'AWS::SecretsManager::ResourcePolicy': (properties) => {
      const { SecretId, ResourcePolicy } = resourcePolicies['AWS::SecretsManager::ResourcePolicy'].parse(properties);
      return onResources([SecretId], ResourcePolicy);
    },
    'AWS::Lambda::Permission': (properties) => {
      const { FunctionName, ...permission } = lambdaPermissionSchema.parse(properties);
      const arn = FunctionName.startsWith('arn:') ? FunctionName : arnOf(FunctionName);
      return permissionsOf('resource', arn, functionPolicyOf(arn, permission));
    },
  };

  for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
    if (readers[Type] || !/(Policy|Permission)$/.test(Type)) continue;
    const known = Object.keys(readers).join(', ');
    throw new Error(`${logicalId} of the template is of the type ${Type}; this sandbox judges by ${known} alone.`);
  }
  return Object.entries(readers).flatMap(([type, permissionsIn]) =>
    resourcesOf(template, type).flatMap((resource) => permissionsIn(resolve(resource.properties), resource)),
  );
}

/** What Lambda writes into a function's policy for it (AddPermission). */
function functionPolicyOf(
  arn: string,
  { Action, Principal, SourceArn, SourceAccount }: Omit<z.infer<typeof lambdaPermissionSchema>, 'FunctionName'>,
): unknown {
  const Condition = {
    ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
  };
  const principal = Principal.endsWith('.amazonaws.com') ? { Service: Principal } : { AWS: Principal };
  const Statement = { Effect: 'Allow', Action, Principal: principal, Resource: arn, Condition };
  return { Version: '2012-10-17', Statement };
}
