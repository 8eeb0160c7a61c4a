import { element, parent } from '../xml.ts';
import type { MultipartUpload } from './multipart.ts';
import type { StoredObject } from './objects.ts';

const mostKeys = 1000;

/** ListObjectsV2's answer: one page of the keys under a prefix. The continuation token is the last key, in base64. */
export function listObjects(
  bucket: string,
  all: readonly (readonly [key: string, object: StoredObject])[],
  query: ReadonlyMap<string, string>,
): string {
  const prefix = query.get('prefix') ?? '';
  const limit = Math.min(Number(query.get('max-keys') ?? mostKeys), mostKeys);
  const token = query.get('continuation-token');
  const after = Buffer.from(token === undefined ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64'));
  const found = all.filter(([key]) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0);
  const page = found.slice(0, limit);
  const isTruncated = found.length > page.length;
  const last = page.at(-1)?.[0] ?? '';
  return parent(
    'ListBucketResult',
    element('Name', bucket),
    element('Prefix', prefix),
    element('KeyCount', page.length),
    element('MaxKeys', limit),
    element('IsTruncated', isTruncated),
    element('NextContinuationToken', isTruncated ? Buffer.from(last).toString('base64') : undefined),
    ...page.map(([key, { bytes, etag, modifiedAtMs }]) =>
      parent(
        'Contents',
        element('Key', key),
        element('LastModified', new Date(modifiedAtMs).toISOString()),
        element('ETag', etag),
        element('Size', bytes),
        element('StorageClass', 'STANDARD'),
      ),
    ),
  );
}

/** ListMultipartUploads' answer. */
export function listUploads(bucket: string, uploads: readonly MultipartUpload[]): string {
  return parent(
    'ListMultipartUploadsResult',
    element('Bucket', bucket),
    element('IsTruncated', false),
    ...uploads.map(({ key, uploadId, initiatedAtMs }) =>
      parent(
        'Upload',
        element('Key', key),
        element('UploadId', uploadId),
        element('Initiated', new Date(initiatedAtMs).toISOString()),
      ),
    ),
  );
}
