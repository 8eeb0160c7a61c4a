import type { IncomingHttpHeaders } from 'node:http';
import type { S3Operation } from '../s3/operation.ts';
import type { Access } from './authorizer.ts';

interface ObjectCall {
  readonly bucket: string;
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
}

/** What S3 asks for each operation (Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"). */
const actions = {
  CreateBucket: 's3:CreateBucket',
  HeadBucket: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  DeleteObjects: 's3:DeleteObject',
  PutObject: 's3:PutObject',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  DeleteObject: 's3:DeleteObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  ListParts: 's3:ListMultipartUploadParts',
} as const satisfies Record<S3Operation, string>;

/** A write on the condition of what is there (`If-Match`) tells of it, so it needs reading too; `If-None-Match: *` does not. */
export function s3Access(operation: S3Operation, { bucket, key, headers }: ObjectCall): readonly Access[] {
  // Which keys DeleteObjects is for is in its body; none of the functions calls it, so it needs the whole bucket's.
  const resource = operation === 'DeleteObjects' ? `${bucketArn(bucket)}/*` : objectArn(bucket, key);
  const needed: Access = { action: actions[operation], resource };
  const isConditional = headers['if-match'] !== undefined && needed.action === 's3:PutObject';
  return isConditional ? [needed, { action: 's3:GetObject', resource }] : [needed];
}

/** What lets S3 say that a key is missing; who may not see what a bucket holds is told 403 instead of 404. */
export function accessToMissing(bucket: string): Access {
  return { action: 's3:ListBucket', resource: bucketArn(bucket) };
}

function objectArn(bucket: string, key: string): string {
  return key === '' ? bucketArn(bucket) : `${bucketArn(bucket)}/${key}`;
}

function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}
