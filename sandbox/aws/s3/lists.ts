import * as z from 'zod';
import { encode } from '../query.ts';
import { element, parent } from '../xml.ts';
import type { MultipartUpload, Part } from './multipart.ts';
import type { ListedObject } from './objects.ts';

const mostEntries = 1000;
const most = z.coerce
  .number()
  .int()
  .min(0)
  .default(mostEntries)
  .transform((given) => Math.min(given, mostEntries));
const listInput = z.object({
  prefix: z.string().default(''),
  delimiter: z.string().optional(),
  'start-after': z.string().default(''),
  'continuation-token': z.base64().optional(),
  'max-keys': most,
  'encoding-type': z.literal('url').optional(),
});

/** A key, or the common prefix that stands for several. */
interface Entry {
  readonly name: string;
  readonly object: ListedObject | undefined;
}

/** ListObjectsV2's answer: one page of what is under a prefix. The continuation token is the last name told, in base64. */
export function listObjects(
  bucket: string,
  list: (prefix: string, after: string) => readonly ListedObject[],
  query: ReadonlyMap<string, string>,
): string {
  const input = listInput.parse(Object.fromEntries(query));
  const { prefix, delimiter, 'max-keys': limit, 'continuation-token': token } = input;
  const told = token === undefined ? undefined : Buffer.from(token, 'base64').toString();
  const isToldPrefix = told !== undefined && delimiter !== undefined && told.endsWith(delimiter);
  const found = entriesOf(
    list(prefix, told ?? input['start-after']).filter(({ key }) => !(isToldPrefix && key.startsWith(told))),
    prefix,
    delimiter,
  );
  const page = found.slice(0, limit);
  const isTruncated = limit > 0 && found.length > page.length;
  const last = page.at(-1)?.name ?? '';
  const written = (name: string) => (input['encoding-type'] === 'url' ? encode(name).replaceAll('%2F', '/') : name);
  return parent(
    'ListBucketResult',
    element('Name', bucket),
    element('Prefix', written(prefix)),
    element('Delimiter', delimiter),
    element('EncodingType', input['encoding-type']),
    element('KeyCount', page.length),
    element('MaxKeys', limit),
    element('IsTruncated', isTruncated),
    element('NextContinuationToken', isTruncated ? Buffer.from(last).toString('base64') : undefined),
    ...page.map(({ name, object }) =>
      object ? objectElement(written(name), object) : parent('CommonPrefixes', element('Prefix', written(name))),
    ),
  );
}

function entriesOf(objects: readonly ListedObject[], prefix: string, delimiter: string | undefined): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    const { key } = object;
    const at = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const name = delimiter && at >= 0 ? key.slice(0, at + delimiter.length) : key;
    entries.set(name, { name, object: at >= 0 ? undefined : object });
  }
  return [...entries.values()];
}

function objectElement(name: string, { bytes, etag, modifiedAtMs, checksum }: ListedObject): string {
  return parent(
    'Contents',
    element('Key', name),
    element('LastModified', new Date(modifiedAtMs).toISOString()),
    element('ETag', etag),
    element('ChecksumAlgorithm', checksum?.algorithm),
    element('ChecksumType', checksum?.type),
    element('Size', bytes),
    element('StorageClass', 'STANDARD'),
  );
}

/** ListMultipartUploads' answer: all uploads under a prefix. */
export function listUploads(bucket: string, prefix: string, uploads: readonly MultipartUpload[]): string {
  return parent(
    'ListMultipartUploadsResult',
    element('Bucket', bucket),
    element('Prefix', prefix),
    element('IsTruncated', false),
    ...uploads.map(({ key, uploadId, initiatedAtMs }) =>
      parent(
        'Upload',
        element('Key', key),
        element('UploadId', uploadId),
        element('Initiated', new Date(initiatedAtMs).toISOString()),
        element('StorageClass', 'STANDARD'),
      ),
    ),
  );
}

const partsInput = z.object({
  'max-parts': most,
  'part-number-marker': z.coerce.number().int().min(0).default(0),
});

/** ListParts' answer: one page of an upload's parts. */
export function listParts(
  { bucket, key, uploadId }: MultipartUpload,
  parts: readonly Part[],
  query: ReadonlyMap<string, string>,
): string {
  const { 'max-parts': limit, 'part-number-marker': marker } = partsInput.parse(Object.fromEntries(query));
  const found = parts.filter(({ number }) => number > marker);
  const page = found.slice(0, limit);
  return parent(
    'ListPartsResult',
    element('Bucket', bucket),
    element('Key', key),
    element('UploadId', uploadId),
    element('PartNumberMarker', marker),
    element('NextPartNumberMarker', page.at(-1)?.number ?? marker),
    element('MaxParts', limit),
    element('IsTruncated', found.length > page.length),
    ...page.map(({ number, bytes, md5, checksum, storedAtMs }) =>
      parent(
        'Part',
        element('PartNumber', number),
        element('LastModified', new Date(storedAtMs).toISOString()),
        element('ETag', `"${md5.toString('hex')}"`),
        element('Size', bytes),
        checksum ? element(`Checksum${checksum.algorithm}`, checksum.digest.toString('base64')) : '',
      ),
    ),
  );
}
