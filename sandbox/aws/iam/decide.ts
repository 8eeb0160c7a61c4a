import { holds } from './conditions.ts';
import { type AccessContext, accountOf } from './context.ts';
import { matchesPattern } from './pattern.ts';
import type { Permission } from './permission.ts';

/** Who wants to do what on what, and how the call came. */
export interface AccessRequest {
  /** The user or the role, since a role's session calls as its role; or the host name of a service of AWS's. */
  readonly identity: string;
  /** The caller's own ARN: of the user, or of the role's session. */
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
  readonly context: AccessContext;
}

export interface Judgement {
  readonly isAllowed: boolean;
  /** In IAM's own words, for the refusal. */
  readonly reason: string;
}

/**
 * IAM User Guide, "Policy evaluation logic", for one account and those who call from another. A Deny wins. Inside the account
 * an identity's policy or a resource's suffices; but only its trust policy gives a role away: to a principal that it names, or to
 * all in an account that it names whose own policy allows it too (STS, "AssumeRole", and KMS keys likewise).
 */
export function decide(permissions: readonly Permission[], request: AccessRequest): Judgement {
  const said = permissionsFor(permissions, request);
  const denying = said.find(({ effect }) => effect === 'Deny');
  if (denying) return { isAllowed: false, reason: `with an explicit deny in ${articleOf(denying.kind)} policy` };

  const byIdentity = said.some(({ kind }) => kind === 'identity');
  const ofResource = said.filter(({ kind }) => kind !== 'identity');
  const byName = ofResource.some(({ principal }) => !isAccount(principal));
  const byAccount = ofResource.length > 0;
  if (isService(request.identity)) return judged(byName, request, 'resource-based');
  if (accountOf(request.identity) !== request.context['aws:resourceaccount']) {
    return judged(byIdentity && byAccount, request, 'resource-based');
  }
  if (needsOwnPolicy.test(request.action)) return judged(byName || (byAccount && byIdentity), request, 'trust');
  return judged(byIdentity || byName, request, 'identity-based');
}

/** Those that say something of a request; the others change nothing about it. */
export function permissionsFor(permissions: readonly Permission[], request: AccessRequest): readonly Permission[] {
  return permissions.filter((permission) => speaksOf(permission, request));
}

const needsOwnPolicy = /^(sts:AssumeRole|kms:)/;

function speaksOf(permission: Permission, { identity, caller, action, resource, context }: AccessRequest): boolean {
  const { kind, holder, principal = '' } = permission;
  return (
    (kind === 'identity' ? holder === identity : isOf(principal, identity, caller) && isIn(holder, resource)) &&
    matchesPattern(permission.action.toLowerCase(), action.toLowerCase()) &&
    matchesPattern(permission.resource, resource) &&
    permission.conditions.every((condition) => holds(condition, context))
  );
}

/** A bucket's policy says nothing of another bucket, whatever resource it names. */
function isIn(holder: string, resource: string): boolean {
  return resource === holder || resource.startsWith(`${holder}/`);
}

/** Principals have no patterns but `*`; an account's number, or its root, stands for all in it. */
function isOf(principal: string, identity: string, caller: string): boolean {
  if (principal === '*' || principal === identity || principal === caller) return true;
  return isAccount(principal) && (principal === accountOf(identity) || accountOf(principal) === accountOf(identity));
}

/** AWS's own services call by their host names. */
function isService(identity: string): boolean {
  return !identity.startsWith('arn:');
}

function isAccount(principal = ''): boolean {
  return /^\d{12}$/.test(principal) || /^arn:[\w-]+:iam::\d{12}:root$/.test(principal);
}

function judged(isAllowed: boolean, { action }: AccessRequest, missing: string): Judgement {
  return { isAllowed, reason: isAllowed ? 'allowed' : `because no ${missing} policy allows the ${action} action` };
}

function articleOf(kind: Permission['kind']): string {
  return kind === 'identity' ? 'an identity-based' : 'a resource-based';
}
