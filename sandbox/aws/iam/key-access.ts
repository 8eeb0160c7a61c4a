import type { Access } from './authorizer.ts';

/**
 * What a call needs of the customer's KMS key that its resource is encrypted with, which the service uses in the caller's name (S3
 * User Guide, "Permissions required for AWS KMS"; SQS, "Key management"; Secrets Manager, "Secret encryption and decryption").
 */
const actions: Readonly<Record<string, readonly string[]>> = {
  PutObject: ['kms:GenerateDataKey'],
  CreateMultipartUpload: ['kms:GenerateDataKey'],
  // A part is encrypted with the upload's own key, and read again when the object is made.
  UploadPart: ['kms:Decrypt'],
  CompleteMultipartUpload: ['kms:Decrypt'],
  GetObject: ['kms:Decrypt'],
  HeadObject: ['kms:Decrypt'],
  SendMessage: ['kms:GenerateDataKey', 'kms:Decrypt'],
  ReceiveMessage: ['kms:Decrypt'],
  GetSecretValue: ['kms:Decrypt'],
  CreateSecret: ['kms:GenerateDataKey', 'kms:Decrypt'],
  PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'],
};

/** Keys by the ARN of what they encrypt: buckets, queues, secrets. */
export type EncryptionKeys = ReadonlyMap<string, string>;

export function keyAccess(
  operation: string,
  resource: string,
  keys: EncryptionKeys,
  { region, accountId }: { readonly region: string; readonly accountId: string },
): readonly Access[] {
  const encrypted = resource.replace(/^(arn:aws:s3:::[^/]+)\/.*$/s, '$1');
  const key = keys.get(encrypted);
  const service = encrypted.split(':')[2];
  if (key === undefined) return [];
  const context = {
    'kms:viaservice': `${service}.${region}.amazonaws.com`,
    'kms:calleraccount': accountId,
    ...(service === 'secretsmanager' && { 'kms:encryptioncontext:secretarn': encrypted }),
  };
  return (actions[operation] ?? []).map((action) => ({ action, resource: key, context }));
}
