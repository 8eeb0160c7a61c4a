import { AwsError } from '../aws-error.ts';
import type { KnownCredentials } from '../credentials.ts';
import { type CallFacts, contextOf } from './call-facts.ts';
import { type AccessRequest, decide } from './decide.ts';
import type { Permission } from './permission.ts';

/** An action on a resource, as a call needs it. */
export interface Access {
  readonly action: string;
  readonly resource: string;
}

/** What was asked of the policies and what they said, in the order of the calls. */
export interface Decision extends AccessRequest {
  readonly isAllowed: boolean;
}

/** Judges calls by policies. Without any, everybody whose signature is good may do everything, and nothing is recorded. */
export interface Authorizer {
  /** From now on these permissions hold, and no others; the sandbox's own user stays an administrator, whom only a Deny stops. */
  enforce(permissions: readonly Permission[]): void;
  /** Throws `AccessDenied`, in IAM's words, unless the caller has every access. */
  require(caller: KnownCredentials, needed: readonly Access[], call: CallFacts): void;
  decisions(): readonly Decision[];
}

interface AuthorizerDependencies {
  readonly accountId: string;
  readonly administrator: string;
}

export function createAuthorizer({ accountId, administrator }: AuthorizerDependencies): Authorizer {
  let enforced: readonly Permission[] | undefined;
  const decisions: Decision[] = [];

  function judge({ arn: caller }: KnownCredentials, { action, resource }: Access, call: CallFacts) {
    if (enforced === undefined) return { isAllowed: true, reason: 'no policies are enforced' };
    const identity = identityOf(caller);
    const request = { identity, caller, action, resource, context: contextOf(call, identity, accountId) };
    const judgement = decide(enforced, request);
    decisions.push({ ...request, isAllowed: judgement.isAllowed });
    return judgement;
  }

  return {
    enforce: (permissions) => {
      enforced = [...permissions, administratorsPermission(administrator)];
    },
    require: (caller, needed, call) => {
      for (const access of needed) {
        const { isAllowed, reason } = judge(caller, access, call);
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
