import { AwsError, notInThisSandbox } from '../aws-error.ts';
import { element, insidesOf, parent, textOf } from '../xml.ts';
import { readDocument, storeBody } from './body.ts';
import { type Checksum, checksumHeaders } from './checksum.ts';
import { listObjects } from './lists.ts';
import { objectHeadersOf } from './object-headers.ts';
import { readObject } from './read-object.ts';
import { type S3Call, type S3State, sendXml } from './s3-call.ts';

const longestKeyBytes = 1024;
const mostDeletes = 1000;

export function createObjectOperations({ objects, files, now, region }: S3State) {
  const read = ({ request, response, bucket, key, query }: S3Call) =>
    readObject(request, response, objects.get(bucket, key), files, query);

  return {
    CreateBucket: async ({ request, response, bucket }: S3Call) => {
      await readDocument(request);
      objects.createBucket(bucket);
      response.writeHead(200, { location: `/${bucket}` }).end();
    },
    HeadBucket: ({ response, bucket }: S3Call) => {
      objects.requireBucket(bucket);
      response.writeHead(200, { 'x-amz-bucket-region': region }).end();
    },
    ListObjectsV2: ({ response, bucket, query }: S3Call) =>
      sendXml(
        response,
        listObjects(bucket, (prefix, after) => objects.list(bucket, prefix, after), query),
      ),
    PutObject: async ({ request, response, bucket, key }: S3Call) => {
      objects.requireBucket(bucket);
      if (Buffer.byteLength(key) > longestKeyBytes) throw new AwsError('KeyTooLongError', 'Your key is too long');
      const headers = objectHeadersOf(request.headers);
      const body = await storeBody(request, files);
      const checksum: Checksum | undefined = body.checksum && {
        algorithm: body.checksum.algorithm,
        type: 'FULL_OBJECT',
        value: body.checksum.digest.toString('base64'),
      };
      const etag = `"${body.md5.toString('hex')}"`;
      const { name, bytes } = body;
      const object = { bodies: [{ name, bytes }], bytes, etag, headers, modifiedAtMs: now(), checksum };
      try {
        objects.put(bucket, key, object, request.headers);
      } catch (error) {
        files.drop([body]);
        throw error;
      }
      response.writeHead(200, { etag, ...checksumHeaders(checksum) }).end();
    },
    GetObject: read,
    HeadObject: read,
    DeleteObject: ({ request, response, bucket, key }: S3Call) => {
      if (request.headers['if-match'] !== undefined) throw notInThisSandbox('A conditional delete');
      objects.remove(bucket, key);
      response.writeHead(204).end();
    },
    DeleteObjects: async ({ request, response, bucket }: S3Call) => {
      const xml = await readDocument(request);
      objects.requireBucket(bucket);
      const named = insidesOf(xml, 'Object');
      if (named.length === 0 || named.length > mostDeletes) {
        throw new AwsError('MalformedXML', 'The XML you provided was not well-formed');
      }
      const keys = named.map((object) => {
        if (insidesOf(object, 'VersionId').length > 0) throw notInThisSandbox('A version of an object');
        return textOf(object, 'Key') ?? '';
      });
      for (const key of keys) objects.remove(bucket, key);
      const isQuiet = textOf(xml, 'Quiet') === 'true';
      const deleted = isQuiet ? [] : keys.map((key) => parent('Deleted', element('Key', key)));
      sendXml(response, parent('DeleteResult', ...deleted));
    },
  };
}
