import { AwsError, notInThisSandbox } from './aws-error.ts';
import type { CredentialsRegister } from './credentials.ts';
import { document, element, parent } from './xml.ts';

interface StsDependencies {
  readonly register: CredentialsRegister;
  readonly now: () => number;
  readonly accountId: string;
}

const roleArn = /^arn:aws:iam::(\d{12}):role\/[\w+=,.@/-]{1,64}$/;

/** AWS STS, query protocol: `AssumeRole`. Answers XML; the credentials it gives end when it says. */
export function createSts({ register, now, accountId }: StsDependencies) {
  return (operation: string, input: URLSearchParams): string => {
    if (operation !== 'AssumeRole') throw notInThisSandbox(`STS ${operation}`);
    const role = input.get('RoleArn') ?? '';
    const session = input.get('RoleSessionName') ?? '';
    const seconds = Number(input.get('DurationSeconds') ?? 3600);
    if (roleArn.exec(role)?.[1] !== accountId) {
      throw new AwsError('AccessDenied', `Not authorized to perform sts:AssumeRole on resource: ${role}`, 403);
    }
    if (!/^[\w+=,.@-]{2,64}$/.test(session)) throw new AwsError('ValidationError', 'RoleSessionName is malformed.');
    // The functions run under roles of their own, and a role that assumes a role gets an hour at most.
    if (!Number.isInteger(seconds) || seconds < 900 || seconds > 3600) {
      throw new AwsError('ValidationError', 'DurationSeconds must be from 900 to 3600 under role chaining.');
    }
    const endsAtMs = Math.floor(now() / 1000) * 1000 + seconds * 1000;
    const issued = register.issue(endsAtMs);
    const credentials = parent(
      'Credentials',
      element('AccessKeyId', issued.accessKeyId),
      element('SecretAccessKey', issued.secretAccessKey),
      element('SessionToken', issued.sessionToken),
      element('Expiration', new Date(endsAtMs).toISOString()),
    );
    const user = parent(
      'AssumedRoleUser',
      element('Arn', `${role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${session}`),
      element('AssumedRoleId', `AROASANDBOX:${session}`),
    );
    return document(
      parent(
        'AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"',
        parent('AssumeRoleResult', credentials, user),
        parent('ResponseMetadata', element('RequestId', 'sandbox')),
      ),
    );
  };
}
