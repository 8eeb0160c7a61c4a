import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';
import { refusal } from './refusal.ts';

let endpoint: ContractEndpoint;
let s3: S3Client;
const Bucket = freshName('objects');

beforeAll(async () => {
  endpoint = await openEndpoint();
  s3 = new S3Client({ ...endpoint.access, maxAttempts: 1 });
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterAll(() => endpoint.close());

const put = (Key: string, more: object = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more }));
const list = (more: object) => s3.send(new ListObjectsV2Command({ Bucket, ...more }));

describe('a bucket', () => {
  clause('that exists is found, and one that does not is not', async () => {
    await s3.send(new HeadBucketCommand({ Bucket }));
    const missing = s3.send(new HeadBucketCommand({ Bucket: freshName('missing') }));
    expect(await refusal(missing)).toEqual({ name: 'NotFound', status: 404 });
  });
});

describe('an object', () => {
  clause('keeps its metadata and the headers that it was put with', async () => {
    const kept = {
      ContentType: 'text/x',
      ContentDisposition: 'attachment; filename="a b.txt"',
      ContentLanguage: 'de',
      CacheControl: 'no-store',
      Metadata: { view: 'purchase_order_list', rows: '12' },
    };
    await put('kept', kept);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'kept' }));
    expect(head).toMatchObject(kept);
    expect(head.ContentEncoding).toBeUndefined();
  });

  clause('that changed is not read under its old ETag', async () => {
    const { ETag } = await put('changed');
    await put('changed', { Body: 'y' });
    const stale = s3.send(new GetObjectCommand({ Bucket, Key: 'changed', IfMatch: ETag }));
    expect(await refusal(stale)).toMatchObject({ status: 412 });
  });

  clause('that is empty comes back empty', async () => {
    await put('empty', { Body: '' });
    const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
    expect([await Body?.transformToString(), ContentLength]).toEqual(['', 0]);
  });
});

describe('a listing', () => {
  clause('with a delimiter tells each common prefix once, over pages', async () => {
    for (const key of ['d/a/1', 'd/a/2', 'd/b', 'd/c/1', 'd/d']) await put(key);
    const told: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await list({ Prefix: 'd/', Delimiter: '/', MaxKeys: 1, ContinuationToken });
      told.push(...(page.CommonPrefixes ?? []).map((prefix) => `${prefix.Prefix}`));
      told.push(...(page.Contents ?? []).map(({ Key }) => `${Key}`));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(told).toEqual(['d/a/', 'd/b', 'd/c/', 'd/d']);
  });

  clause('writes keys for URLs where asked to', async () => {
    await put('url/ä b+c');
    const { Contents = [] } = await list({ Prefix: 'url/', EncodingType: 'url' });
    expect(decodeURIComponent(`${Contents[0]?.Key}`.replaceAll('+', ' '))).toBe('url/ä b+c');
  });
});

describe('deleting several objects', () => {
  clause('deletes those that exist and minds none that do not', async () => {
    for (const key of ['many/1', 'many/<&>2', 'many/3']) await put(key);
    const Objects = ['many/1', 'many/<&>2', 'many/missing'].map((Key) => ({ Key }));
    const { Deleted = [], Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect([Deleted.map(({ Key }) => `${Key}`).toSorted(), Errors]).toEqual([
      ['many/1', 'many/<&>2', 'many/missing'],
      [],
    ]);
    const { Contents = [] } = await list({ Prefix: 'many/' });
    expect(Contents.map(({ Key }) => Key)).toEqual(['many/3']);
  });

  clause('in quiet says nothing of what went well', async () => {
    await put('quiet');
    const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'quiet' }], Quiet: true } });
    expect((await s3.send(command)).Deleted ?? []).toEqual([]);
  });
});
