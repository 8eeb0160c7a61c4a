import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import { element, insidesOf, parent, textOf } from '../xml.ts';
import { badDigest, readDocument, storeBody, type StoredBody } from './body.ts';
import {
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithms,
  checksumHeader,
  checksumTypes,
  joinDigests,
  startChecksum,
} from './checksum.ts';
import { listParts, listUploads } from './lists.ts';
import { createMultipartUploads, type MultipartUpload, type NamedPart, type Part, requireParts } from './multipart.ts';
import { objectHeadersOf } from './object-headers.ts';
import type { StoredObject } from './objects.ts';
import { type S3Call, type S3State, sendXml } from './s3-call.ts';

const partNumber = z.coerce.number('partNumber').int().min(1).max(10_000);
const checksumInput = z.object({
  algorithm: z.enum(checksumAlgorithms).optional(),
  type: z.enum(checksumTypes).optional(),
});

export function createMultipartOperations({ store, objects, files, now }: S3State) {
  const uploads = createMultipartUploads(store, files, now);
  const uploadOf = ({ bucket, key, query }: S3Call) => uploads.find(bucket, key, query.get('uploadId') ?? '');

  return {
    CreateMultipartUpload: async ({ request, response, bucket, key }: S3Call) => {
      await readDocument(request);
      objects.requireBucket(bucket);
      const checksum = uploadChecksumOf(request.headers);
      const uploadId = uploads.begin({ bucket, key, headers: objectHeadersOf(request.headers), checksum });
      if (checksum) {
        response.setHeader('x-amz-checksum-algorithm', checksum.algorithm);
        response.setHeader('x-amz-checksum-type', checksum.type);
      }
      const inner = [element('Bucket', bucket), element('Key', key), element('UploadId', uploadId)];
      sendXml(response, parent('InitiateMultipartUploadResult', ...inner));
    },
    UploadPart: async (call: S3Call) => {
      const { request, response, query } = call;
      const number = partNumber.parse(query.get('partNumber'));
      const upload = uploadOf(call);
      const body = await storeBody(request, files, upload.checksum?.algorithm);
      try {
        requireAlgorithm(body, upload);
        uploads.addPart(upload, number, body);
      } catch (error) {
        files.drop([body]);
        throw error;
      }
      const { algorithm, digest } = body.checksum ?? {};
      response.writeHead(200, {
        etag: `"${body.md5.toString('hex')}"`,
        ...(algorithm && digest && { [checksumHeader(algorithm)]: digest.toString('base64') }),
      });
      response.end();
    },
    CompleteMultipartUpload: async (call: S3Call) => {
      const { request, response, bucket, key } = call;
      const named = namedPartsOf(await readDocument(request, 'object'));
      const { etag, checksum } = store.transaction(() => {
        const upload = uploadOf(call);
        const parts = requireParts(uploads.parts(upload), named);
        const object = objectOf(upload, parts, wholeChecksum(upload, parts, request.headers));
        requireBytes(object, request.headers);
        objects.put(bucket, key, object, request.headers);
        uploads.end(upload, parts);
        return object;
      });
      const inner = [element('Bucket', bucket), element('Key', key), element('ETag', etag)];
      const told = checksum
        ? [element(`Checksum${checksum.algorithm}`, checksum.value), element('ChecksumType', checksum.type)]
        : [];
      sendXml(response, parent('CompleteMultipartUploadResult', ...inner, ...told));
    },
    AbortMultipartUpload: (call: S3Call) => {
      uploads.end(uploadOf(call));
      call.response.writeHead(204).end();
    },
    ListParts: (call: S3Call) => {
      const upload = uploadOf(call);
      sendXml(call.response, listParts(upload, uploads.parts(upload), call.query));
    },
    ListMultipartUploads: ({ response, bucket, query }: S3Call) => {
      objects.requireBucket(bucket);
      const prefix = query.get('prefix') ?? '';
      sendXml(response, listUploads(bucket, prefix, uploads.list(bucket, prefix)));
    },
  };

  function objectOf(
    { headers }: MultipartUpload,
    parts: readonly Part[],
    checksum: Checksum | undefined,
  ): StoredObject {
    const md5 = createHash('md5').update(Buffer.concat(parts.map((part) => part.md5)));
    return {
      bodies: parts.map(({ name, bytes }) => ({ name, bytes })),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
      etag: `"${md5.digest('hex')}-${parts.length}"`,
      headers,
      modifiedAtMs: now(),
      checksum,
    };
  }
}

/** The checksum of the object to be, compared with one that came along. No byte is read again for it. */
function wholeChecksum(
  { checksum }: MultipartUpload,
  parts: readonly Part[],
  headers: IncomingHttpHeaders,
): Checksum | undefined {
  if (!checksum) return undefined;
  const { algorithm, type } = checksum;
  const declaredType = headers['x-amz-checksum-type'];
  if (declaredType !== undefined && declaredType !== type) {
    throw new AwsError('InvalidRequest', `The upload was created using the ${type} checksum mode.`);
  }
  const value = wholeValue(algorithm, type, parts);
  const declared = headers[checksumHeader(algorithm)];
  if (declared !== undefined && declared !== value) throw badDigest(checksumHeader(algorithm));
  return { algorithm, type, value };
}

function wholeValue(algorithm: ChecksumAlgorithm, type: Checksum['type'], parts: readonly Part[]): string {
  const digested = parts.map(({ bytes, checksum }) => ({ bytes, digest: checksum?.digest ?? Buffer.alloc(0) }));
  // An upload of SHA-256 is always a composite one: it would not have begun otherwise.
  if (type === 'FULL_OBJECT' && algorithm !== 'SHA256') return joinDigests(algorithm, digested).toString('base64');
  const running = startChecksum(algorithm);
  for (const { digest } of digested) running.update(digest);
  return `${running.digest().toString('base64')}-${parts.length}`;
}

function requireAlgorithm(body: StoredBody, upload: MultipartUpload): void {
  if (!upload.checksum || body.checksum?.algorithm === upload.checksum.algorithm) return;
  const message = `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum.algorithm}`;
  throw new AwsError('InvalidRequest', message);
}

function requireBytes({ bytes }: StoredObject, headers: IncomingHttpHeaders): void {
  const declared = headers['x-amz-mp-object-size'];
  if (declared === undefined || Number(declared) === bytes) return;
  throw new AwsError('InvalidRequest', 'The provided x-amz-mp-object-size does not match the size of the parts.');
}

function uploadChecksumOf(headers: IncomingHttpHeaders): MultipartUpload['checksum'] {
  const { algorithm, type } = checksumInput.parse({
    algorithm: headers['x-amz-checksum-algorithm'],
    type: headers['x-amz-checksum-type'],
  });
  if (algorithm === undefined) return undefined;
  const chosen = type ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const isPossible = chosen === 'FULL_OBJECT' ? algorithm !== 'SHA256' : algorithm !== 'CRC64NVME';
  if (isPossible) return { algorithm, type: chosen };
  throw new AwsError('InvalidRequest', `The ${chosen} checksum type cannot be used with the ${algorithm} checksum.`);
}

function namedPartsOf(xml: string): readonly NamedPart[] {
  return insidesOf(xml, 'Part').map((part) => ({
    number: partNumber.parse(textOf(part, 'PartNumber')),
    etag: textOf(part, 'ETag') ?? '',
    checksum: checksumAlgorithms.map((algorithm) => textOf(part, `Checksum${algorithm}`)).find(Boolean),
  }));
}
