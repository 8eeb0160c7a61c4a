import { Duration, type Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ExportProxy } from '../../lib/export-proxy.ts';
import {
  type GivenSettings,
  grantsOf,
  nameOf,
  propertiesOf,
  statementsOf,
  synthesize,
  synthesizeStack,
} from '../support/synthesize.ts';

const key = 'arn:aws:kms:eu-central-1:111122223333:key/0b0d6c1e-7d4e-4a39-8f5b-000000000000';

const denialSchema = z.looseObject({
  Effect: z.literal('Deny'),
  Principal: z.unknown(),
  Action: z.unknown(),
  Resource: z.unknown(),
  Condition: z.unknown(),
});
const policiesSchema = z.object({ DeletionPolicy: z.string(), UpdateReplacePolicy: z.string() });
const bucketPolicySchema = z.looseObject({
  Bucket: z.object({ Ref: z.string() }),
  PolicyDocument: z.object({ Statement: z.array(z.unknown()) }),
});

function denialsOf(template: Template, bucket: string): readonly unknown[] {
  const policies = [...propertiesOf(template, 'AWS::S3::BucketPolicy').values()].map((policy) =>
    bucketPolicySchema.parse(policy),
  );
  const own = policies.find(({ Bucket: { Ref } }) => Ref.startsWith(bucket));
  return (own?.PolicyDocument.Statement ?? []).flatMap((statement) => {
    const denial = denialSchema.safeParse(statement);
    if (!denial.success) return [];
    const { Principal, Action, Resource, Condition } = denial.data;
    return [{ Principal, Action, Resource: nameOf(Resource), Condition }];
  });
}

/** What a role may do with a key, as `service: actions, in context`. */
function usesOfKey(template: Template, role: string, keyArn = key): readonly string[] {
  return statementsOf(template, role)
    .filter(({ Resource }) => [Resource].flat().includes(keyArn))
    .map(({ Action, Condition }) => {
      const { StringEquals, StringLike } = z
        .object({
          StringEquals: z.object({ 'kms:ViaService': z.unknown() }).optional(),
          StringLike: z.record(z.string(), z.unknown()).optional(),
        })
        .parse(Condition ?? {});
      const service = StringEquals ? nameOf(StringEquals['kms:ViaService']).split('.')[0] : 'anywhere';
      const context = Object.values(StringLike ?? {}).map((value) => ` of ${nameOf(value)}`);
      return `${service}: ${Action.toSorted().join(', ')}${context.join('')}`;
    })
    .toSorted();
}

describe('the bucket', () => {
  let template: Template;
  beforeAll(() => {
    template = synthesize({ longest_link_s: 600 });
  });

  const everyone = { Principal: { AWS: '*' }, Action: 's3:*' };
  const otherAccounts = {
    StringNotEqualsIfExists: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } },
    BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
  };

  test('refuses plain HTTP, other accounts, and links that are older than set', () => {
    expect(denialsOf(template, 'ExportsBucket')).toEqual([
      {
        ...everyone,
        Resource: '[ExportsBucket,ExportsBucket/*]',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      { ...everyone, Resource: '[ExportsBucket,ExportsBucket/*]', Condition: otherAccounts },
      {
        ...everyone,
        Resource: 'ExportsBucket/*',
        Condition: {
          StringEquals: { 's3:authType': 'REST-QUERY-STRING' },
          NumericGreaterThan: { 's3:signatureAge': '600000' },
        },
      },
    ]);
  });

  test('of access logs refuses plain HTTP and other accounts, but not S3, which writes them', () => {
    expect(denialsOf(template, 'ExportsAccessLogs')).toEqual([
      expect.objectContaining({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({ Condition: otherAccounts }),
    ]);
  });

  test('tells both functions how long a link may live', () => {
    for (const properties of propertiesOf(template, 'AWS::Lambda::Function').values()) {
      expect(properties).toMatchObject({ Environment: { Variables: { LONGEST_LINK_S: '600' } } });
    }
  });

  test.each([30, 3601])('cannot be told a longest link of %i s', (seconds) => {
    expect(() =>
      synthesizeStack((stack) => new ExportProxy(stack, 'Proxy', { longestLink: Duration.seconds(seconds) })),
    ).toThrow(`longestLink must be from 1 to 60 minutes; given is ${seconds} s`);
  });

  test('goes with the stack where that is asked for, with the secrets; its access logs, which S3 delivers late, stay', () => {
    const removed = synthesize({ remove_data: true });
    const found = ['AWS::S3::Bucket', 'AWS::SecretsManager::Secret'].flatMap((type) =>
      Object.entries(removed.findResources(type)),
    );
    const policies = found.map(([id, resource]) => {
      const { DeletionPolicy, UpdateReplacePolicy } = policiesSchema.parse(resource);
      expect(UpdateReplacePolicy).toBe(DeletionPolicy);
      return [id.slice(0, -8), DeletionPolicy];
    });
    expect(Object.fromEntries(policies)).toEqual({
      ExportsBucket: 'Delete',
      Credentials: 'Delete',
      SessionKey: 'Delete',
      ExportsAccessLogs: 'Retain',
    });
  });
});

describe("a customer's key", () => {
  let template: Template;
  beforeAll(() => {
    template = synthesize({
      encryption_key: key,
      webhooks: { po: { secret: 'knosc/po', export: { view_name: 'purchase_order_list' } } },
      schedules: { daily: { expression: 'rate(1 day)', export: { view_name: 'item_master' } } },
    });
  });

  test('encrypts bucket, secrets and queues; access logs, which S3 writes with its own keys only, it does not', () => {
    const buckets = [...propertiesOf(template, 'AWS::S3::Bucket')].map(([id, { BucketEncryption }]) => [
      id.slice(0, -8),
      z
        .object({
          ServerSideEncryptionConfiguration: z.tuple([
            z.object({ ServerSideEncryptionByDefault: z.unknown(), BucketKeyEnabled: z.boolean().optional() }),
          ]),
        })
        .parse(BucketEncryption).ServerSideEncryptionConfiguration[0],
    ]);
    expect(Object.fromEntries(buckets)).toEqual({
      ExportsBucket: {
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key },
        BucketKeyEnabled: true,
      },
      ExportsAccessLogs: { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    });
    for (const secret of propertiesOf(template, 'AWS::SecretsManager::Secret').values()) {
      expect(secret).toMatchObject({ KmsKeyId: key });
    }
    for (const queue of propertiesOf(template, 'AWS::SQS::Queue').values()) {
      expect(queue).toMatchObject({ KmsMasterKeyId: key });
    }
  });

  const usesOf = (role: string) => usesOfKey(template, role);

  test('may be used by each role for what the role does, by way of one service each time', () => {
    const secretOf = 'arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:knosc/po-??????';
    expect(usesOf('ApiRole')).toEqual([
      's3: kms:Decrypt, kms:GenerateDataKey',
      `secretsmanager: kms:Decrypt of ${secretOf}`,
      'sqs: kms:Decrypt, kms:GenerateDataKey',
    ]);
    expect(usesOf('LinkRole')).toEqual(['s3: kms:Decrypt']);
    expect(usesOf('Schedulesdaily')).toEqual(['sqs: kms:Decrypt, kms:GenerateDataKey']);
    expect(usesOf('ExportRole')).toEqual([
      's3: kms:Decrypt, kms:GenerateDataKey',
      'secretsmanager: kms:Decrypt of Credentials',
      'secretsmanager: kms:Decrypt of SessionKey',
      'sqs: kms:Decrypt, kms:GenerateDataKey',
    ]);
  });

  test('is granted to nobody where there is none', () => {
    const plain = synthesize();
    for (const role of ['ApiRole', 'ExportRole', 'LinkRole']) {
      expect(grantsOf(plain, role).filter((grant) => grant.startsWith('kms:'))).toEqual([]);
    }
  });
});

describe('a former key', () => {
  const former = 'arn:aws:kms:eu-central-1:111122223333:key/0b0d6c1e-7d4e-4a39-8f5b-000000000002';
  const settings: GivenSettings = {
    former_encryption_keys: [former],
    webhooks: { po: { secret: 'knosc/po', export: { view_name: 'purchase_order_list' } } },
    schedules: { daily: { expression: 'rate(1 day)', export: { view_name: 'item_master' } } },
  };

  test.each<[what: string, encryption: GivenSettings]>([
    ['another key', { encryption_key: key }],
    ['no key', {}],
  ])(
    'under which something still lies, where there is %s now, may decrypt for who reads, and encrypts nothing',
    (_what, encryption) => {
      const template = synthesize({ ...settings, ...encryption });
      const secretOf = 'arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:knosc/po-??????';
      expect(usesOfKey(template, 'ApiRole', former)).toEqual([
        's3: kms:Decrypt',
        `secretsmanager: kms:Decrypt of ${secretOf}`,
      ]);
      expect(usesOfKey(template, 'LinkRole', former)).toEqual(['s3: kms:Decrypt']);
      expect(usesOfKey(template, 'ExportRole', former)).toEqual([
        's3: kms:Decrypt',
        'secretsmanager: kms:Decrypt of Credentials',
        'secretsmanager: kms:Decrypt of SessionKey',
        'sqs: kms:Decrypt',
      ]);
      expect(usesOfKey(template, 'Schedulesdaily', former)).toEqual([]);
      for (const type of ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::SecretsManager::Secret']) {
        expect(JSON.stringify([...propertiesOf(template, type)])).not.toContain(former);
      }
    },
  );

  test('takes nothing from the key that there is now', () => {
    const [before, after] = [
      synthesize({ encryption_key: key }),
      synthesize({ encryption_key: key, former_encryption_keys: [former] }),
    ];
    for (const role of ['ApiRole', 'ExportRole', 'LinkRole']) {
      expect(usesOfKey(after, role)).toEqual(usesOfKey(before, role));
    }
  });
});

describe('a bucket that is given', () => {
  const template = synthesizeStack((stack) => {
    new ExportProxy(stack, 'Proxy', { bucket: Bucket.fromBucketName(stack, 'Given', 'theirs') });
  });

  test('is used and left as it is', () => {
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.resourceCountIs('AWS::S3::BucketPolicy', 0);
    expect(grantsOf(template, 'ProxyLinkRole')).toEqual(['s3:GetObject on arn:AWS::Partition:s3:::theirs/workbooks/*']);
    for (const properties of propertiesOf(template, 'AWS::Lambda::Function').values()) {
      expect(properties).toMatchObject({ Environment: { Variables: { BUCKET_NAME: 'theirs' } } });
    }
  });

  const bucketKey = 'arn:aws:kms:eu-central-1:111122223333:key/0b0d6c1e-7d4e-4a39-8f5b-000000000001';
  test.each<[what: string, given: (stack: Stack) => IBucket, keyArn: string, others: readonly string[]]>([
    [
      "by its name is read and written with the proxy's key",
      (stack) => Bucket.fromBucketName(stack, 'Given', 'theirs'),
      key,
      [],
    ],
    [
      'with a key of its own is read and written with that one alone',
      (stack) =>
        Bucket.fromBucketAttributes(stack, 'Given', {
          bucketName: 'theirs',
          encryptionKey: Key.fromKeyArn(stack, 'BucketKey', bucketKey),
        }),
      bucketKey,
      [key],
    ],
  ])('%s', (_what, given, keyArn, others) => {
    const withKey = synthesizeStack((stack) => {
      const encryptionKey = Key.fromKeyArn(stack, 'Key', key);
      new ExportProxy(stack, 'Proxy', { bucket: given(stack), encryptionKey });
    });
    const onS3 = (role: string, arn: string) => usesOfKey(withKey, role, arn).filter((use) => use.startsWith('s3'));
    for (const role of ['ProxyApiRole', 'ProxyExportRole']) {
      expect(onS3(role, keyArn)).toEqual(['s3: kms:Decrypt, kms:GenerateDataKey']);
      for (const other of others) expect(onS3(role, other)).toEqual([]);
    }
    expect(onS3('ProxyLinkRole', keyArn)).toEqual(['s3: kms:Decrypt']);
    for (const other of others) expect(onS3('ProxyLinkRole', other)).toEqual([]);
  });
});
