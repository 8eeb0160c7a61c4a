import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';
import { refusal } from './refusal.ts';

let endpoint: ContractEndpoint;
let s3: S3Client;
const Bucket = freshName('contract');
const partBytes = 5 * 1024 * 1024;

beforeAll(async () => {
  endpoint = await openEndpoint();
  s3 = new S3Client({ ...endpoint.access, maxAttempts: 1 });
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterAll(() => endpoint.close());

async function put(Key: string, Body: string | Uint8Array, more: object = {}): Promise<string> {
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  return ETag ?? '';
}

async function get(Key: string, more: object = {}): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return (await Body?.transformToString()) ?? '';
}

describe('objects', () => {
  clause('give back what was put, with type, length and an MD5 for an ETag', async () => {
    const ETag = await put('a', 'hello', { ContentType: 'text/x' });
    expect(ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).toMatchObject({
      ContentType: 'text/x',
      ContentLength: 5,
      ETag,
    });
    expect(await get('a')).toBe('hello');
  });

  clause('have keys of any characters', async () => {
    const key = "ä ü+&=%2F/(weird) 'key'*~!.json";
    await put(key, 'x');
    expect(await get(key)).toBe('x');
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'ä' }));
    expect(Contents.map(({ Key }) => Key)).toEqual([key]);
  });

  clause('that are missing are NoSuchKey, and deleting them is no fault', async () => {
    expect(await refusal(get('missing'))).toEqual({ name: 'NoSuchKey', status: 404 });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'missing' }));
    expect(await refusal(s3.send(new GetObjectCommand({ Bucket: freshName('no'), Key: 'a' })))).toMatchObject({
      name: 'NoSuchBucket',
    });
  });

  clause('are read by ranges', async () => {
    await put('range', '0123456789');
    expect([
      await get('range', { Range: 'bytes=2-4' }),
      await get('range', { Range: 'bytes=7-' }),
      await get('range', { Range: 'bytes=-3' }),
    ]).toEqual(['234', '789', '789']);
    expect(await s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range: 'bytes=2-4' }))).toMatchObject({
      ContentRange: 'bytes 2-4/10',
    });
    expect(await refusal(get('range', { Range: 'bytes=10-' }))).toMatchObject({ status: 416 });
  });

  clause('are not sent again to who has them', async () => {
    const IfNoneMatch = await put('cached', 'x');
    expect(await refusal(get('cached', { IfNoneMatch }))).toMatchObject({ status: 304 });
  });

  clause('are refused when their checksum is wrong, and nothing is stored', async () => {
    expect(await refusal(put('bad', 'hello', { ChecksumCRC32: 'AAAAAA==' }))).toMatchObject({ status: 400 });
    expect(
      await refusal(put('bad', 'hello', { ContentMD5: createHash('md5').update('other').digest('base64') })),
    ).toMatchObject({ status: 400 });
    expect(await refusal(get('bad'))).toMatchObject({ name: 'NoSuchKey' });
  });

  clause('may come as a stream of known length with its checksum behind it', async () => {
    await put('stream', '', { Body: Readable.from([Buffer.from('str'), Buffer.from('eamed')]), ContentLength: 8 });
    expect(await get('stream', { ChecksumMode: 'ENABLED' })).toBe('streamed');
  });

  clause('are listed in binary order, page by page, under a prefix', async () => {
    for (const key of ['l/b', 'l/a', 'l/Z', 'l/é', 'm/a']) await put(key, 'x');
    const first = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', MaxKeys: 3 }));
    const second = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'l/', ContinuationToken: first.NextContinuationToken }),
    );
    const after = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', StartAfter: 'l/b' }));
    const keysOf = ({ Contents = [] }: typeof first) => Contents.map(({ Key }) => Key);
    expect([keysOf(first), keysOf(second), keysOf(after)]).toEqual([['l/Z', 'l/a', 'l/b'], ['l/é'], ['l/é']]);
    expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
  });
});

describe('conditional writes', () => {
  clause('with If-None-Match create once, however many try', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, writer) => put('once', String(writer), { IfNoneMatch: '*' })),
    );
    const winners = tries.flatMap(({ status }, writer) => (status === 'fulfilled' ? [String(writer)] : []));
    expect(winners).toEqual([await get('once')]);
    const refused = await refusal(put('once', 'late', { IfNoneMatch: '*' }));
    expect(refused).toEqual({ name: 'PreconditionFailed', status: 412 });
  });

  clause('with If-Match replace only what was read', async () => {
    const first = await put('matched', '1');
    const second = await put('matched', '2', { IfMatch: first });
    expect(await refusal(put('matched', '3', { IfMatch: first }))).toEqual({ name: 'PreconditionFailed', status: 412 });
    expect(await get('matched')).toBe('2');
    await put('matched', '4', { IfMatch: second });
    expect(await refusal(put('never', '1', { IfMatch: first }))).toMatchObject({ status: 404 });
  });
});

describe('multipart uploads', () => {
  const begin = async (Key: string) => (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId;
  const part = async (Key: string, UploadId: string | undefined, PartNumber: number, bytes: number) => {
    const Body = new Uint8Array(bytes).fill(PartNumber);
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    return { PartNumber, ETag };
  };
  const complete = (Key: string, UploadId: string | undefined, Parts: object[], more: object = {}) =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
  const unfinished = async (Prefix: string) => {
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
    return Uploads.filter(({ Key }) => Key?.startsWith(Prefix)).length;
  };

  clause('make an object of their parts, and only when they are completed', async () => {
    const id = await begin('parts');
    const parts = [await part('parts', id, 1, partBytes), await part('parts', id, 2, 10)];
    expect(await refusal(get('parts'))).toMatchObject({ name: 'NoSuchKey' });
    expect(await unfinished('parts')).toBe(1);
    const { ETag } = await complete('parts', id, parts);
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'parts' }))).toMatchObject({
      ContentLength: partBytes + 10,
    });
    expect(await unfinished('parts')).toBe(0);
  });

  clause('leave nothing when they are aborted', async () => {
    const id = await begin('aborted');
    await part('aborted', id, 1, 10);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId: id }));
    expect(await unfinished('aborted')).toBe(0);
    expect(await refusal(part('aborted', id, 2, 10))).toMatchObject({ name: 'NoSuchUpload' });
  });

  clause('are refused with small parts in the middle, and with parts that were not sent', async () => {
    const id = await begin('small');
    const parts = [await part('small', id, 1, 10), await part('small', id, 2, 10)];
    expect(await refusal(complete('small', id, parts))).toMatchObject({ name: 'EntityTooSmall' });
    expect(await refusal(complete('small', id, [{ PartNumber: 3, ETag: '"0"' }]))).toMatchObject({
      name: 'InvalidPart',
    });
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'small', UploadId: id }));
  });

  clause('do not replace what If-None-Match protects', async () => {
    await put('kept', 'first');
    const id = await begin('kept');
    const parts = [await part('kept', id, 1, 10)];
    expect(await refusal(complete('kept', id, parts, { IfNoneMatch: '*' }))).toMatchObject({ status: 412 });
    expect(await get('kept')).toBe('first');
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'kept', UploadId: id }));
  });

  clause('by lib-storage are aborted, and the abort awaited, when their source breaks', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      for (let chunk = 0; chunk < 12; chunk += 1) yield Buffer.alloc(1_000_000);
      throw new Error('the source broke');
    }
    const Body = Readable.from(broken(), { objectMode: false });
    const upload = new Upload({
      client: s3,
      params: { Bucket, Key: 'broken', Body },
      partSize: partBytes,
      queueSize: 2,
      leavePartsOnError: false,
    });
    await expect(upload.done()).rejects.toThrow('the source broke');
    expect(await unfinished('broken')).toBe(0);
    expect(await refusal(get('broken'))).toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('presigned links', () => {
  const link = (Key: string, expiresIn = 60, more: object = {}, signingDate = new Date()) =>
    getSignedUrl(s3, new GetObjectCommand({ Bucket, Key, ...more }), { expiresIn, signingDate });

  clause('give the object to whoever has them, under the name that they were signed with', async () => {
    await put('linked', 'content');
    const answer = await fetch(
      await link('linked', 60, {
        ResponseContentDisposition: 'attachment; filename="x y.xlsx"',
        ResponseContentType: 'text/x',
      }),
    );
    expect([answer.status, await answer.text()]).toEqual([200, 'content']);
    expect([answer.headers.get('content-disposition'), answer.headers.get('content-type')]).toEqual([
      'attachment; filename="x y.xlsx"',
      'text/x',
    ]);
  });

  clause('end when they say', async () => {
    await put('linked', 'content');
    const ended = await fetch(await link('linked', 60, {}, new Date(Date.now() - 61_000)));
    expect(ended.status).toBe(403);
    const living = await fetch(await link('linked', 60, {}, new Date(Date.now() - 50_000)));
    expect([living.status, await living.text()]).toEqual([200, 'content']);
  });

  clause('are good for the signed method, key, query and nothing else', async () => {
    await put('linked', 'content');
    await put('linked2', 'other');
    const url = await link('linked', 60, { ResponseContentType: 'text/x' });
    const bent = [
      url.replace('/linked', '/linked2'),
      url.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000'),
      url.replace('text%2Fx', 'text%2Fhtml'),
      url.replace(/X-Amz-Signature=./, 'X-Amz-Signature=z'),
      `${url}&response-content-disposition=x`,
    ];
    for (const other of bent) expect((await fetch(other)).status, other).toBe(403);
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    expect(await get('linked')).toBe('content');
  });
});

describe('signatures', () => {
  const clientOf = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
    new S3Client({ ...endpoint.access, credentials, maxAttempts: 1 });

  clause('refuses a call signed with a wrong secret key', async () => {
    const { accessKeyId } = endpoint.access.credentials;
    const wrong = clientOf({ accessKeyId, secretAccessKey: 'wrong' });
    expect(await refusal(wrong.send(new PutObjectCommand({ Bucket, Key: 'w', Body: 'x' })))).toEqual({
      name: 'SignatureDoesNotMatch',
      status: 403,
    });
  });

  clause('refuses a call of an unknown access key', async () => {
    const unknown = clientOf({ accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' });
    expect(await refusal(unknown.send(new GetObjectCommand({ Bucket, Key: 'w' })))).toEqual({
      name: 'InvalidAccessKeyId',
      status: 403,
    });
  });
});
