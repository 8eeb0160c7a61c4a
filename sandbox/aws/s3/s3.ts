import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { AwsError, notInThisSandbox } from '../aws-error.ts';
import { parseQuery } from '../signature.ts';
import { document, element, parent, textsOf } from '../xml.ts';
import { storeBody } from './body.ts';
import { listObjects, listUploads } from './lists.ts';
import { createMultipartUploads } from './multipart.ts';
import { createObjects } from './objects.ts';
import { readObject } from './read-object.ts';

interface S3Dependencies {
  /** Where the bytes of objects lie. */
  readonly directory: string;
  readonly now: () => number;
}

/** A call with its path-style address taken apart. */
interface S3Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

// Query parameters that belong to signing, to the SDK's own book-keeping, or to an answer's headers.
const notAnOperation =
  /^(x-amz-.*|x-id|response-.*|prefix|delimiter|max-keys|start-after|continuation-token|encoding-type|list-type|partNumber|uploadId)$/i;

/** Amazon S3, path-style. */
export function createS3({ directory, now }: S3Dependencies) {
  const objects = createObjects();
  const uploads = createMultipartUploads(directory, now);

  const operations: Record<string, (call: S3Call) => Promise<void> | void> = {
    CreateBucket: ({ request, response, bucket }) => {
      request.resume();
      objects.createBucket(bucket);
      response.writeHead(200, { location: `/${bucket}` }).end();
    },
    ListObjectsV2: ({ response, bucket, query }) => sendXml(response, listObjects(bucket, objects.list(bucket), query)),
    ListMultipartUploads: ({ response, bucket, query }) => {
      objects.requireBucket(bucket);
      sendXml(response, listUploads(bucket, uploads.list(bucket, query.get('prefix') ?? '')));
    },
    PutObject: async ({ request, response, bucket, key }) => {
      objects.requireBucket(bucket);
      const { file, bytes, md5, crc32 } = await storeBody(request, directory);
      const etag = `"${md5}"`;
      const contentType = request.headers['content-type'] ?? 'binary/octet-stream';
      const object = { file, bytes, etag, contentType, modifiedAtMs: now(), crc32 };
      try {
        await objects.put(bucket, key, object, request.headers);
      } catch (error) {
        await rm(file, { force: true });
        throw error;
      }
      response.writeHead(200, { etag, 'x-amz-checksum-crc32': crc32 }).end();
    },
    GetObject: ({ request, response, bucket, key, query }) =>
      readObject(request, response, objects.get(bucket, key), query),
    HeadObject: ({ request, response, bucket, key, query }) =>
      readObject(request, response, objects.get(bucket, key), query),
    DeleteObject: async ({ response, bucket, key }) => {
      await objects.remove(bucket, key);
      response.writeHead(204).end();
    },
    CreateMultipartUpload: ({ request, response, bucket, key }) => {
      request.resume();
      objects.requireBucket(bucket);
      const { uploadId } = uploads.begin(bucket, key, request.headers['content-type'] ?? 'binary/octet-stream');
      const inner = [element('Bucket', bucket), element('Key', key), element('UploadId', uploadId)];
      sendXml(response, parent('InitiateMultipartUploadResult', ...inner));
    },
    UploadPart: async ({ request, response, query }) => {
      const number = Number(query.get('partNumber'));
      if (!Number.isInteger(number) || number < 1 || number > 10_000) {
        throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
      }
      const uploadId = query.get('uploadId') ?? '';
      uploads.find(uploadId);
      const body = await storeBody(request, directory);
      await uploads.addPart(uploadId, number, body);
      response.writeHead(200, { etag: `"${body.md5}"`, 'x-amz-checksum-crc32': body.crc32 }).end();
    },
    CompleteMultipartUpload: async ({ request, response, bucket, key, query }) => {
      const uploadId = query.get('uploadId') ?? '';
      const xml = await text(request);
      const etags = textsOf(xml, 'ETag');
      const named = textsOf(xml, 'PartNumber').map((number, position) => ({
        number: Number(number),
        etag: etags[position] ?? '',
      }));
      const isFull = request.headers['x-amz-checksum-type'] === 'FULL_OBJECT';
      const object = await uploads.assemble(
        uploadId,
        named,
        isFull ? request.headers['x-amz-checksum-crc32']?.toString() : undefined,
      );
      try {
        await objects.put(bucket, key, object, request.headers);
      } catch (error) {
        await rm(object.file, { force: true });
        throw error;
      }
      await uploads.end(uploadId);
      const inner = [
        element('Bucket', bucket),
        element('Key', key),
        element('ETag', object.etag),
        element('ChecksumCRC32', object.crc32),
      ];
      sendXml(response, parent('CompleteMultipartUploadResult', ...inner, element('ChecksumType', 'FULL_OBJECT')));
    },
    AbortMultipartUpload: async ({ response, query }) => {
      await uploads.end(query.get('uploadId') ?? '');
      response.writeHead(204).end();
    },
  };

  return {
    /** Which operation a call is, and how it is answered. */
    parse: (request: IncomingMessage) => {
      const [rawPath = '/', rawQuery = ''] = (request.url ?? '/').split(/\?(.*)/s);
      const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(rawPath)) ?? [];
      const query = new Map(parseQuery(rawQuery));
      const operation = operationOf(request.method ?? '', key, query);
      const answer = async (response: ServerResponse): Promise<void> => {
        const run = operations[operation];
        if (!run || bucket === '') throw notInThisSandbox(`S3 ${operation}`);
        await run({ request, response, bucket, key, query });
      };
      return { operation, answer };
    },
  };
}

function operationOf(method: string, key: string, query: ReadonlyMap<string, string>): string {
  const special = [...query.keys()].find((name) => !notAnOperation.test(name));
  if (key === '') {
    if (method === 'PUT' && special === undefined) return 'CreateBucket';
    if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
    if (method === 'GET' && special === 'uploads') return 'ListMultipartUploads';
    return `${method} of a bucket (${special ?? 'plain'})`;
  }
  if (method === 'POST' && special === 'uploads') return 'CreateMultipartUpload';
  if (special !== undefined) return `${method} of an object (${special})`;
  if (query.has('uploadId')) {
    const names: Record<string, string> = {
      PUT: 'UploadPart',
      POST: 'CompleteMultipartUpload',
      DELETE: 'AbortMultipartUpload',
    };
    return names[method] ?? `${method} of an upload`;
  }
  const names: Record<string, string> = {
    PUT: 'PutObject',
    GET: 'GetObject',
    HEAD: 'HeadObject',
    DELETE: 'DeleteObject',
  };
  return names[method] ?? `${method} of an object`;
}

function sendXml(response: ServerResponse, root: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(document(root));
}
