import { AwsError } from '../aws-error.ts';
import type { KnownCredentials } from '../credentials.ts';
import { type CallFacts, contextOf } from './call-facts.ts';
import type { AccessContext } from './context.ts';
import { type AccessRequest, decide } from './decide.ts';
import { type EncryptionKeys, keyAccess } from './key-access.ts';
import type { Permission } from './permission.ts';

type Permissions = readonly Permission[];

/** An action on a resource, as a call needs it; with what is to be known of this action beside what is known of the call. */
export interface Access {
  readonly action: string;
  readonly resource: string;
  readonly context?: AccessContext;
}

/** What holds in the sandbox's account. */
export interface Policies {
  readonly permissions: readonly Permission[];
  /** Customers' keys, whose policies stand among the permissions. */
  readonly keys: EncryptionKeys;
}

/** An operation of a service, with the accesses that the service itself asks for; those to keys follow from them. */
export interface Needed {
  readonly operation: string;
  readonly accesses: readonly Access[];
}

/** What was asked of the policies and what they said, in the order of the calls. */
export interface Decision extends AccessRequest {
  readonly isAllowed: boolean;
}

/** Judges calls by policies. Without any, everybody whose signature is good may do everything, and nothing is recorded. */
export interface Authorizer {
  /** From now on these policies hold, and no others; the sandbox's own user stays an administrator, whom only a Deny stops. */
  enforce(policies: Policies): void;
  /** Throws `AccessDenied`, in IAM's words, unless the caller has every access. */
  require(caller: KnownCredentials, needed: Needed, call: CallFacts): void;
  decisions(): readonly Decision[];
}

interface AuthorizerDependencies {
  readonly accountId: string;
  readonly region: string;
  readonly administrator: string;
}

export function createAuthorizer({ accountId, region, administrator }: AuthorizerDependencies): Authorizer {
  let enforced: Policies | undefined;
  const decisions: Decision[] = [];

  function judge({ arn: caller }: KnownCredentials, access: Access, call: CallFacts, permissions: Permissions) {
    const { action, resource } = access;
    const identity = identityOf(caller);
    const context = { ...contextOf(call, identity, accountId), ...access.context };
    const request = { identity, caller, action, resource, context };
    const judgement = decide(permissions, request);
    decisions.push({ ...request, isAllowed: judgement.isAllowed });
    return judgement;
  }

  return {
    enforce: ({ permissions, keys }) => {
      enforced = { permissions: [...permissions, administratorsPermission(administrator)], keys };
    },
    require: (caller, { operation, accesses }, call) => {
      if (enforced === undefined) return;
      const { permissions, keys } = enforced;
      const place = { region, accountId };
      const [first] = accesses;
      const toKeys = first ? keyAccess(operation, first.resource, keys, place) : [];
      for (const access of [...accesses, ...toKeys]) {
        const { isAllowed, reason } = judge(caller, access, call, permissions);
        if (isAllowed) continue;
        const { action, resource } = access;
        const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: "${resource}" ${reason}`;
        throw new AwsError('AccessDenied', message, 403);
      }
    },
    decisions: () => [...decisions],
  };
}

/** The role of a session, which has no policy of its own here; a user is itself. */
function identityOf(arn: string): string {
  const [, account, role] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return role === undefined ? arn : `arn:aws:iam::${account}:role/${role}`;
}

function administratorsPermission(holder: string): Permission {
  const everything = { action: '*', resource: '*', conditions: [] };
  return { kind: 'identity', holder, effect: 'Allow', principal: undefined, ...everything };
}
