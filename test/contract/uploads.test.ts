import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';
import { refusal } from './refusal.ts';

let endpoint: ContractEndpoint;
let s3: S3Client;
const Bucket = freshName('uploads');
const partBytes = 5 * 1024 * 1024;

beforeAll(async () => {
  endpoint = await openEndpoint();
  s3 = new S3Client({ ...endpoint.access, maxAttempts: 1 });
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterAll(() => endpoint.close());

describe('parts', () => {
  const begin = async (Key: string, more: object = {}) => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
    const put = (PartNumber: number, Body: Uint8Array) =>
      s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    const complete = (Parts: object[]) =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    return { UploadId, put, complete };
  };

  clause('are listed by number with size and ETag, page by page', async () => {
    const { UploadId, put } = await begin('listed');
    for (const number of [3, 1, 2]) await put(number, Buffer.alloc(number, 'x'));
    const list = (more: object) => s3.send(new ListPartsCommand({ Bucket, Key: 'listed', UploadId, ...more }));
    const first = await list({ MaxParts: 2 });
    const rest = await list({ PartNumberMarker: first.NextPartNumberMarker });
    const told = [...(first.Parts ?? []), ...(rest.Parts ?? [])].map(({ PartNumber, Size }) => [PartNumber, Size]);
    expect([first.IsTruncated, told]).toEqual([
      true,
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
    ]);
  });

  clause('that are sent again replace the earlier ones', async () => {
    const { put, complete } = await begin('replaced');
    const stale = await put(1, Buffer.from('first'));
    const { ETag } = await put(1, Buffer.from('second'));
    expect(await refusal(complete([{ PartNumber: 1, ETag: stale.ETag }]))).toMatchObject({ name: 'InvalidPart' });
    await complete([{ PartNumber: 1, ETag }]);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'replaced' }));
    expect(await Body?.transformToString()).toBe('second');
  });

  clause('are refused out of order', async () => {
    const { put, complete } = await begin('disorder');
    const one = await put(1, Buffer.alloc(partBytes));
    const two = await put(2, Buffer.from('x'));
    const parts = [
      { PartNumber: 2, ETag: two.ETag },
      { PartNumber: 1, ETag: one.ETag },
    ];
    expect(await refusal(complete(parts))).toMatchObject({ name: 'InvalidPartOrder' });
  });

  clause('make one body that ranges read across, with the headers that the upload was begun with', async () => {
    const { put, complete } = await begin('joined', { ContentType: 'text/x', Metadata: { a: 'b' } });
    const one = await put(1, Buffer.alloc(partBytes, 'a'));
    const two = await put(2, Buffer.from('bcd'));
    await complete([
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ]);
    const Range = `bytes=${partBytes - 2}-${partBytes + 1}`;
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'joined', Range }));
    expect(await Body?.transformToString()).toBe('aabc');
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'joined' }));
    expect(head).toMatchObject({ ContentType: 'text/x', Metadata: { a: 'b' }, ContentLength: partBytes + 3 });
  });
});

describe('lib-storage', () => {
  const upload = (Key: string, chunks: Iterable<Buffer>) =>
    new Upload({
      client: s3,
      params: { Bucket, Key, Body: Readable.from(chunks, { objectMode: false }) },
      partSize: partBytes,
      queueSize: 2,
      leavePartsOnError: false,
    }).done();

  clause('puts a short stream in one', async () => {
    await upload('short', [Buffer.from('sh'), Buffer.from('ort')]);
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket, Key: 'short' }));
    expect([await Body?.transformToString(), ETag?.includes('-')]).toEqual(['short', false]);
  });

  clause('puts a long stream of small chunks in parts', async () => {
    function* chunks(): Generator<Buffer> {
      for (let number = 0; number < 1_600; number += 1) yield Buffer.alloc(4096, String(number % 10));
    }
    await upload('long', chunks());
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket, Key: 'long' }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(ETag).toMatch(/-2"$/);
    expect(bytes.equals(Buffer.concat([...chunks()]))).toBe(true);
  });

  clause('leaves no upload behind when its source fails at once', async () => {
    function* failing(): Generator<Buffer> {
      yield Buffer.alloc(partBytes + 1);
      throw new Error('the source failed');
    }
    await expect(upload('failed', failing())).rejects.toThrow('the source failed');
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(Uploads.filter(({ Key }) => Key === 'failed')).toEqual([]);
  });
});
