import * as z from 'zod';
import { AwsError, notInThisSandbox } from './aws-error.ts';
import type { CredentialsRegister, KnownCredentials } from './credentials.ts';
import { document, element, parent } from './xml.ts';

interface StsDependencies {
  readonly register: CredentialsRegister;
  readonly now: () => number;
  readonly accountId: string;
}

const assumeRoleInput = z.object({
  RoleArn: z.string().regex(/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]{1,64}$/),
  RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
  DurationSeconds: z.coerce.number().int().min(900).max(43_200).default(3600),
  Policy: z.undefined('A session policy is not in this sandbox.').optional(),
});
const longestChainedSeconds = 3600;

/** AWS STS, query protocol, answers in XML: `AssumeRole`, whose credentials end when it says, and `GetCallerIdentity`. */
export function createSts({ register, now, accountId }: StsDependencies) {
  function assumeRole(form: unknown, caller: KnownCredentials): readonly string[] {
    const { RoleArn, RoleSessionName, DurationSeconds } = assumeRoleInput.parse(form);
    if (!RoleArn.startsWith(`arn:aws:iam::${accountId}:`)) {
      const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
      throw new AwsError('AccessDenied', message, 403);
    }
    if (caller.sessionToken !== undefined && DurationSeconds > longestChainedSeconds) {
      const message =
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining';
      throw new AwsError('ValidationError', message);
    }
    const { arn, userId } = sessionOf(RoleArn, RoleSessionName);
    const endsAtMs = Math.floor(now() / 1000) * 1000 + DurationSeconds * 1000;
    const issued = register.issue({ arn, userId }, endsAtMs);
    return [
      parent(
        'Credentials',
        element('AccessKeyId', issued.accessKeyId),
        element('SecretAccessKey', issued.secretAccessKey),
        element('SessionToken', issued.sessionToken),
        element('Expiration', new Date(endsAtMs).toISOString()),
      ),
      parent('AssumedRoleUser', element('Arn', arn), element('AssumedRoleId', userId)),
    ];
  }

  function run(operation: string, form: unknown, caller: KnownCredentials): readonly string[] {
    if (operation === 'AssumeRole') return assumeRole(form, caller);
    if (operation !== 'GetCallerIdentity') throw notInThisSandbox(`STS ${operation}`);
    return [element('Arn', caller.arn), element('UserId', caller.userId), element('Account', accountId)];
  }

  return (operation: string, form: URLSearchParams, caller: KnownCredentials, requestId: string): string =>
    document(
      parent(
        `${operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`,
        parent(`${operation}Result`, ...run(operation, Object.fromEntries(form), caller)),
        parent('ResponseMetadata', element('RequestId', requestId)),
      ),
    );
}

/** Who calls with a role's credentials. A role's path is not part of it. */
export function sessionOf(roleArn: string, sessionName: string): { readonly arn: string; readonly userId: string } {
  const [, account = '', name = ''] = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ?? [];
  return { arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`, userId: `AROASANDBOX:${sessionName}` };
}
