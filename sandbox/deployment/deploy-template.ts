import * as z from 'zod';
import type { EncryptionKeys } from '../aws/iam/key-access.ts';
import type { Permission } from '../aws/iam/permission.ts';
import type { AwsSandbox } from '../aws/start.ts';
import { encryptionKeysOf, permissionsOfOutsideKeys } from './encryption-keys.ts';
import { createResolve, type Resolve } from './intrinsics.ts';
import { makeResources, setQueues } from './make-resources.ts';
import { permissionsOfTemplate } from './permissions.ts';
import { idsOf, type ResourceIds } from './resource-ids.ts';
import { type ServicesCall, servicesCalls } from './services-calls.ts';
import { resourcesOf, type Template, templateSchema } from './template.ts';

/** A function as the stack sets it up. */
export interface DeployedFunction {
  readonly roleArn: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a stack has come to in AWS's stand-in. */
export interface DeployedStack {
  /** The function that the HTTP API calls, and the one that takes messages from the queue. */
  readonly functions: { readonly api: DeployedFunction; readonly export: DeployedFunction };
  /** What all of its policies say. They hold once the sandbox is told to enforce them. */
  readonly permissions: readonly Permission[];
  /** Which customer's key encrypts which bucket, queue or secret. */
  readonly keys: EncryptionKeys;
  /** What AWS's services do by themselves, with the roles and on the buckets of the stack. */
  readonly servicesCalls: readonly ServicesCall[];
}

/**
 * As much of CloudFormation as the sandbox needs: buckets, queues and secrets are made, and functions, roles and policies are
 * read with the names that those have here. What runs nothing here (log groups, alarms, schedules) has a name only. Nothing is
 * found by its logical id, which any rebuilding of a stack changes. Throws on what it would have to guess.
 */
export async function deployTemplate(aws: AwsSandbox, given: unknown, stackName: string): Promise<DeployedStack> {
  const template = templateSchema.parse(given);
  const place = { region: aws.region, accountId: aws.accountId, stackName };
  const ids = new Map([...idsOf(template, place), ...(await makeResources(aws, template))]);
  const resolve = createResolve(ids, place);
  await setQueues(aws, template, ids, resolve);
  const functions = functionsOf(template, ids, resolve);
  const targetOf = (type: string, property: string) => functionBehind(template, resolve, functions, type, property);
  const permissions = permissionsOfTemplate({ template, ids, resolve });
  const keys = encryptionKeysOf({ template, ids, resolve });
  return {
    functions: {
      api: targetOf('AWS::ApiGatewayV2::Integration', 'IntegrationUri'),
      export: targetOf('AWS::Lambda::EventSourceMapping', 'FunctionName'),
    },
    permissions: [...permissions, ...permissionsOfOutsideKeys(keys, permissions, place)],
    keys,
    servicesCalls: servicesCalls({ template, ids, resolve, place, keys }),
  };
}

const functionSchema = z.object({
  Role: z.string(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
});

/** By name and by ARN, since both may name a function. */
function functionsOf(template: Template, ids: ReadonlyMap<string, ResourceIds>, resolve: Resolve) {
  return new Map(
    resourcesOf(template, 'AWS::Lambda::Function').flatMap(({ logicalId, properties }) => {
      const { Role, Environment } = properties;
      const read = functionSchema.parse(resolve({ Role, ...(Environment !== undefined && { Environment }) }));
      const deployed = { roleArn: read.Role, environment: read.Environment.Variables };
      const { ref = '', attributes = {} } = ids.get(logicalId) ?? {};
      return [ref, attributes['Arn'] ?? ''].map((name) => [name, deployed] as const);
    }),
  );
}

function functionBehind(
  template: Template,
  resolve: Resolve,
  functions: ReadonlyMap<string, DeployedFunction>,
  type: string,
  property: string,
): DeployedFunction {
  const targets = resourcesOf(template, type).map(({ properties }) => String(resolve(properties[property])));
  const found = new Set(targets.map((target) => functions.get(target)));
  const [only] = found;
  if (only !== undefined && found.size === 1) return only;
  throw new Error(`One function should be behind every ${type} of the template; they name ${targets.join(', ')}.`);
}
