import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { ExportProxyStack } from '../../lib/export-proxy-stack.ts';
import { settingsSchema } from '../../lib/settings/settings.ts';
import { cdkContext } from './cdk-context.ts';

export type GivenSettings = z.input<typeof settingsSchema>;

/**
 * Without bundling: what is asserted of a template does not depend on the functions' code. And without CDK's own rules, which take most of
 * a synthesis' time, unless they are asked for.
 */
export function createApp(builtinCloudFormationValidation = false): App {
  const context = { ...cdkContext, 'aws:cdk:bundling-stacks': [] };
  return new App({ context, builtinCloudFormationValidation });
}

/** The template of the stack that a settings file with this content makes. */
export function synthesize(settings: GivenSettings = {}): Template {
  const stack = new ExportProxyStack(createApp(), 'KnoscExportProxy', { settings: settingsSchema.parse(settings) });
  return Template.fromStack(stack);
}

/** The template of a stack that somebody else fills. */
export function synthesizeStack(fill: (stack: Stack) => void): Template {
  const stack = new Stack(createApp(), 'Theirs');
  fill(stack);
  return Template.fromStack(stack);
}

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((given) => [given].flat());
const statementSchema = z.object({
  Action: oneOrMore,
  Resource: z.unknown(),
  Effect: z.string(),
  Condition: z.unknown().optional(),
});
const policySchema = z.object({
  Properties: z.object({ PolicyDocument: z.object({ Statement: z.array(statementSchema) }) }),
});

/** The statements of a role's or a user's policies, found by the beginning of its logical id. */
export function statementsOf(template: Template, principal: string): readonly z.infer<typeof statementSchema>[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) =>
    id.startsWith(principal),
  );
  return policies.flatMap(([, policy]) => policySchema.parse(policy).Properties.PolicyDocument.Statement);
}

/** What these statements allow, as `action on resource` with logical ids in place of ARNs. */
export function grantsOf(template: Template, principal: string): readonly string[] {
  return statementsOf(template, principal)
    .flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => [Resource].flat().map((resource) => `${action} on ${nameOf(resource)}`)),
    )
    .toSorted();
}

/** `{ "Fn::GetAtt": ["Queue2B0DF294", "Arn"] }` is `Queue`. */
export function nameOf(resource: unknown): string {
  return JSON.stringify(resource)
    .replaceAll(/\{"Fn::GetAtt":\["(\w+?)[0-9A-F]{8}","Arn"\]\}/g, '$1')
    .replaceAll(/\{"Fn::Join":\["",\[(.*?)\]\]\}/g, (_all, parts: string) => parts.replaceAll(/[",]/g, ''))
    .replaceAll(/\{"?Ref"?:"?(AWS::\w+)"?\}/g, '$1')
    .replaceAll(/\{"?Ref"?:"?(\w+?)[0-9A-F]{8}"?\}|"/g, '$1');
}

const resourceSchema = z.looseObject({ Properties: z.looseObject({}).default({}) });

/** The properties of all resources of a type, by logical id. */
export function propertiesOf(template: Template, type: string): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const found = Object.entries(template.findResources(type));
  return new Map(found.map(([id, resource]) => [id, resourceSchema.parse(resource).Properties]));
}
