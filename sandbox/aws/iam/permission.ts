import * as z from 'zod';
import { type Condition, conditionsSchema } from './conditions.ts';

/**
 * The smallest thing that a policy says: one action on one resource for one principal. A statement that lists several says as
 * many of these, and each can be looked at, used or taken away by itself.
 */
export interface Permission {
  /** `identity`: what a role or user may do. `resource`: who may do what on a bucket, queue or secret. `trust`: who may assume a role. */
  readonly kind: 'identity' | 'resource' | 'trust';
  /** ARN of the role or user whose policy it stands in; else of the resource, or of the role to be assumed. */
  readonly holder: string;
  readonly effect: 'Allow' | 'Deny';
  /** An ARN, an account's number, `*`, or a service's host name; undefined in an identity's policy. */
  readonly principal: string | undefined;
  /** Action and resource as patterns. */
  readonly action: string;
  readonly resource: string;
  readonly conditions: readonly Condition[];
}

// Variables (`${aws:username}`) would be compared as they stand.
const pattern = z.string().regex(/^[^$]*(\$[^{][^$]*)*$/, 'policy variables are not in this sandbox');
const patterns = oneOrMore(pattern);
const principals = z.preprocess(
  (given) => (given === '*' ? { AWS: '*' } : given),
  z
    .strictObject({ AWS: patterns.optional(), Service: patterns.optional() })
    .transform(({ AWS = [], Service = [] }) => [...AWS, ...Service]),
);
const common = {
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: patterns,
  Condition: conditionsSchema.default([]),
};

function documentOf<T>(statement: z.ZodType<T>) {
  const Version = z.literal('2012-10-17');
  return z.strictObject({ Version, Id: z.string().optional(), Statement: oneOrMore(statement) });
}

/** IAM takes one where it takes a list. No union, whose refusal would not say what is wrong with which. */
function oneOrMore<T>(one: z.ZodType<T>) {
  return z.preprocess(asList, z.array(one));
}

function asList(given: unknown): unknown {
  return Array.isArray(given) ? given : [given];
}

const schemas = {
  identity: documentOf(z.strictObject({ ...common, Resource: patterns })),
  resource: documentOf(z.strictObject({ ...common, Principal: principals, Resource: patterns })),
  trust: documentOf(z.strictObject({ ...common, Principal: principals })),
};

/** What a policy document says, permission by permission. Throws where it has a part that the sandbox does not judge by. */
export function permissionsOf(kind: Permission['kind'], holder: string, document: unknown): readonly Permission[] {
  const parsed = schemas[kind].safeParse(document);
  if (!parsed.success) throw new Error(`The ${kind} policy of ${holder}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.Statement.flatMap((statement) => {
    const { Effect: effect, Action, Condition: conditions } = statement;
    const who = 'Principal' in statement ? statement.Principal : [undefined];
    const what = 'Resource' in statement ? statement.Resource : [holder];
    return who.flatMap((principal) =>
      Action.flatMap((action) =>
        what.map((resource) => ({ kind, holder, effect, principal, action, resource, conditions })),
      ),
    );
  });
}

/** One line for people: `ApiRole may s3:GetObject on arn:aws:s3:::b/exports/*`. */
export function permissionWords({ kind, holder, effect, principal, action, resource }: Permission): string {
  const verb = effect === 'Allow' ? 'may' : 'may not';
  return kind === 'identity'
    ? `${holder} ${verb} ${action} on ${resource}`
    : `${principal} ${verb} ${action} on ${resource} (policy of ${holder})`;
}
