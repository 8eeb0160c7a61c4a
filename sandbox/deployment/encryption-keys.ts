import * as z from 'zod';
import type { EncryptionKeys } from '../aws/iam/key-access.ts';
import { type Permission, permissionsOf } from '../aws/iam/permission.ts';
import type { Resolve } from './intrinsics.ts';
import type { Place, ResourceIds } from './resource-ids.ts';
import { type Resource, resourcesOf, type Template } from './template.ts';

interface Deployment {
  readonly template: Template;
  readonly ids: ReadonlyMap<string, ResourceIds>;
  readonly resolve: Resolve;
}

const byDefault = z.object({ KMSMasterKeyID: z.string().optional() });
const rule = z.object({ ServerSideEncryptionByDefault: byDefault });
const encryption = z.object({ ServerSideEncryptionConfiguration: z.tuple([rule]) });
/** Types that a customer's key may encrypt, with the property that says so. */
const keyOf = {
  'AWS::S3::Bucket': (properties: Resource['properties'], resolve: Resolve) => {
    const given = encryption.optional().parse(resolve(properties['BucketEncryption']));
    return given?.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID;
  },
  'AWS::SQS::Queue': (properties: Resource['properties'], resolve: Resolve) =>
    z.string().optional().parse(resolve(properties['KmsMasterKeyId'])),
  'AWS::SecretsManager::Secret': (properties: Resource['properties'], resolve: Resolve) =>
    z.string().optional().parse(resolve(properties['KmsKeyId'])),
} as const;

/** Which customer's key encrypts what, as ARNs. */
export function encryptionKeysOf({ template, ids, resolve }: Deployment): EncryptionKeys {
  return new Map(
    Object.entries(keyOf).flatMap(([type, find]) =>
      resourcesOf(template, type).flatMap(({ logicalId, properties }): readonly (readonly [string, string])[] => {
        const key = find(properties, resolve);
        return key === undefined ? [] : [[ids.get(logicalId)?.attributes['Arn'] ?? '', key]];
      }),
    ),
  );
}

/** A key from elsewhere has the policy that KMS gives every key, as a customer's must: the policies of its account decide. */
export function permissionsOfOutsideKeys(
  keys: EncryptionKeys,
  inside: readonly Permission[],
  { accountId }: Place,
): readonly Permission[] {
  const outside = [...new Set(keys.values())].filter((key) => !inside.some(({ holder }) => holder === key));
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${accountId}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
  return outside.flatMap((key) => permissionsOf('resource', key, { Version: '2012-10-17', Statement: [statement] }));
}
