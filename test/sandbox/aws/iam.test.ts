import { describe, expect, test } from 'vitest';
import type { AccessContext } from '../../../sandbox/aws/iam/context.ts';
import { decide } from '../../../sandbox/aws/iam/decide.ts';
import { permissionsOf } from '../../../sandbox/aws/iam/permission.ts';

const account = '000000000000';
const role = `arn:aws:iam::${account}:role/R`;
const session = `arn:aws:sts::${account}:assumed-role/R/s`;
const bucket = 'arn:aws:s3:::b';
const linkRole = `arn:aws:iam::${account}:role/link`;

type Statement = Readonly<Record<string, unknown>>;
const document = (...Statement: Statement[]) => ({ Version: '2012-10-17', Statement });
const allow = (changes: Statement = {}) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...changes });
const deny = (changes: Statement = {}) => allow({ Effect: 'Deny', Principal: '*', ...changes });

interface Case {
  readonly identity?: readonly Statement[];
  readonly ofBucket?: readonly Statement[];
  readonly ofOtherBucket?: readonly Statement[];
  readonly trust?: readonly Statement[];
  readonly caller?: string;
  readonly context?: AccessContext;
}

function isAllowed({
  identity = [],
  ofBucket = [],
  ofOtherBucket = [],
  trust,
  caller = role,
  context = {},
}: Case): boolean {
  const permissions = [
    ...permissionsOf('identity', caller, document(...identity)),
    ...permissionsOf('resource', bucket, document(...ofBucket)),
    ...permissionsOf('resource', 'arn:aws:s3:::other', document(...ofOtherBucket)),
    ...(trust ? permissionsOf('trust', linkRole, document(...trust)) : []),
  ];
  const [action, resource] = trust ? ['sts:AssumeRole', linkRole] : ['s3:GetObject', `${bucket}/workbooks/1`];
  return decide(permissions, {
    identity: caller,
    caller: caller === role ? session : caller,
    action,
    resource,
    context: { 'aws:resourceaccount': account, ...context },
  }).isAllowed;
}

describe('a caller of the account', () => {
  test.each<[string, boolean, Case]>([
    ['without any policy', false, {}],
    ['whose own policy allows it', true, { identity: [allow()] }],
    ['whose own policy allows another action', false, { identity: [allow({ Action: 's3:PutObject' })] }],
    ['whose own policy allows another resource', false, { identity: [allow({ Resource: `${bucket}/exports/*` })] }],
    ['whom the bucket allows by name', true, { ofBucket: [allow({ Principal: { AWS: role } })] }],
    ['whose session the bucket allows', true, { ofBucket: [allow({ Principal: { AWS: session } })] }],
    ['whom the bucket allows as everybody', true, { ofBucket: [allow({ Principal: '*' })] }],
    ['whose account the bucket allows', false, { ofBucket: [allow({ Principal: { AWS: account } })] }],
    ["whom another bucket's policy allows", false, { ofOtherBucket: [allow({ Principal: '*' })] }],
    ['whom a Deny of their own stops', false, { identity: [allow(), allow({ Effect: 'Deny' })] }],
    ['whom a Deny of the bucket stops', false, { identity: [allow()], ofBucket: [deny()] }],
    [
      'whom a Deny to the account stops',
      false,
      { identity: [allow()], ofBucket: [deny({ Principal: { AWS: account } })] },
    ],
    [
      'whom a Deny to others does not concern',
      true,
      { identity: [allow()], ofBucket: [deny({ Principal: { AWS: linkRole } })] },
    ],
  ])('%s may: %s', (_name, expected, given) => {
    expect(isAllowed(given)).toBe(expected);
  });
});

describe('a caller of another account', () => {
  const caller = 'arn:aws:iam::111111111111:role/R';
  const foreign = { 'aws:principalaccount': '111111111111' };
  const refuseOthers = deny({
    Condition: {
      StringNotEqualsIfExists: { 'aws:PrincipalAccount': account },
      BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
    },
  });
  test.each<[string, boolean, Case]>([
    ['whose own policy alone allows it', false, { identity: [allow()] }],
    ['whom the bucket alone allows', false, { ofBucket: [allow({ Principal: '*' })] }],
    ['whom both allow', true, { identity: [allow()], ofBucket: [allow({ Principal: { AWS: '111111111111' } })] }],
    [
      'whom both allow, and a Deny of all other accounts stops',
      false,
      { identity: [allow()], ofBucket: [allow({ Principal: '*' }), refuseOthers] },
    ],
  ])('%s may: %s', (_name, expected, given) => {
    expect(isAllowed({ caller, context: foreign, ...given })).toBe(expected);
  });
});

describe('a role', () => {
  const trusting = (Principal: unknown) => ({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal });
  const assume = allow({ Action: 'sts:AssumeRole' });
  test.each<[string, boolean, Case]>([
    ['is given to whom its trust policy names', true, { trust: [trusting({ AWS: role })] }],
    [
      'is not given to whom only their own policy names it',
      false,
      { trust: [trusting({ AWS: linkRole })], identity: [assume] },
    ],
    ['is not given to all of a trusted account', false, { trust: [trusting({ AWS: `arn:aws:iam::${account}:root` })] }],
    [
      'is given to those of a trusted account whose own policy allows it',
      true,
      { trust: [trusting({ AWS: account })], identity: [assume] },
    ],
    [
      'is not given to whom their own policy denies it',
      false,
      { trust: [trusting({ AWS: role })], identity: [allow({ Action: 'sts:*', Effect: 'Deny' })] },
    ],
    [
      'of a service is given to that service',
      true,
      { trust: [trusting({ Service: 'lambda.amazonaws.com' })], caller: 'lambda.amazonaws.com' },
    ],
    [
      'of a service is given to no other',
      false,
      { trust: [trusting({ Service: 'lambda.amazonaws.com' })], caller: 'ec2.amazonaws.com', identity: [assume] },
    ],
  ])('%s', (_name, expected, given) => {
    expect(isAllowed(given)).toBe(expected);
  });
});

describe('a condition', () => {
  test.each<[string, string, unknown, AccessContext, boolean]>([
    ['Bool', 'aws:SecureTransport', 'false', { 'aws:securetransport': 'false' }, true],
    ['Bool', 'aws:SecureTransport', false, { 'aws:securetransport': 'true' }, false],
    ['Bool', 'aws:SecureTransport', 'false', {}, false],
    ['BoolIfExists', 'aws:SecureTransport', 'false', {}, true],
    ['NumericGreaterThan', 's3:signatureAge', '600000', { 's3:signatureage': '600000' }, false],
    ['NumericGreaterThan', 's3:signatureAge', 600_000, { 's3:signatureage': '600001' }, true],
    ['NumericGreaterThan', 's3:signatureAge', '90', { 's3:signatureage': '1000' }, true],
    ['NumericGreaterThan', 's3:signatureAge', '90', {}, false],
    ['NumericLessThanEquals', 's3:signatureAge', '90', { 's3:signatureage': '90' }, true],
    ['StringEquals', 'AWS:principalaccount', ['1', '2'], { 'aws:principalaccount': '2' }, true],
    ['StringEquals', 'aws:PrincipalAccount', '1', { 'aws:principalaccount': '12' }, false],
    ['StringNotEquals', 'aws:PrincipalAccount', ['1', '2'], { 'aws:principalaccount': '2' }, false],
    ['StringNotEquals', 'aws:PrincipalAccount', ['1', '2'], {}, true],
    ['StringLike', 's3:prefix', 'exports/*', { 's3:prefix': 'exports/x/y' }, true],
    ['StringNotLike', 's3:prefix', 'exports/*', { 's3:prefix': 'claims/' }, true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/R?', { 'aws:principalarn': 'arn:aws:iam::1:role/R1' }, true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:*:role/R1', { 'aws:principalarn': 'arn:aws:iam::1:role/R1' }, false],
    ['ArnNotEquals', 'aws:PrincipalArn', role, { 'aws:principalarn': linkRole }, true],
    ['Null', 's3:prefix', 'true', {}, true],
    ['Null', 's3:prefix', 'true', { 's3:prefix': '' }, false],
    ['Null', 's3:prefix', false, { 's3:prefix': '' }, true],
  ])('%s of %s and %j in %j holds: %s', (operator, key, value, context, expected) => {
    expect(isAllowed({ identity: [allow({ Condition: { [operator]: { [key]: value } } })], context })).toBe(expected);
  });

  test('is one of several that must all hold', () => {
    const Condition = { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 's3:prefix': 'a' } };
    const identity = [allow({ Condition })];
    expect(isAllowed({ identity, context: { 'aws:securetransport': 'true', 's3:prefix': 'a' } })).toBe(true);
    expect(isAllowed({ identity, context: { 'aws:securetransport': 'true', 's3:prefix': 'b' } })).toBe(false);
  });
});

describe('a policy is refused', () => {
  test.each([
    [
      'for an operator that nobody judges',
      allow({ Condition: { IpAddress: { 'aws:SourceArn': '10.0.0.0/8' } } }),
      'condition operator IpAddress',
    ],
    [
      'for a key that nobody fills',
      allow({ Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }),
      'condition key aws:MultiFactorAuthPresent',
    ],
    [
      'for a quantifier',
      allow({ Condition: { 'ForAnyValue:StringEquals': { 's3:prefix': 'a' } } }),
      'ForAnyValue:StringEquals',
    ],
    ['for NotAction', { Effect: 'Allow', NotAction: 's3:*', Resource: '*' }, 'NotAction'],
    ['for a variable', allow({ Resource: 'arn:aws:s3:::b/${aws:username}/*' }), 'policy variables'],
    ['of an identity that names a principal', allow({ Principal: '*' }), 'Principal'],
  ])('%s', (_name, statement, words) => {
    expect(() => permissionsOf('identity', role, document(statement))).toThrow(words);
  });

  test('of a resource that names no principal', () => {
    expect(() => permissionsOf('resource', bucket, document(allow()))).toThrow('Principal');
  });
});
