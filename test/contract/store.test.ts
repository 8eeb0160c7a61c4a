import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { partBytes } from '../../functions/export/store/part.ts';
import { createStore } from '../../functions/export/store/store.ts';
import { inOneBuffer, someBytes } from '../support/byte-source.ts';
import { leftIn } from '../support/bucket.ts';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';

let endpoint: ContractEndpoint;
let s3: S3Client;
const Bucket = freshName('store');

beforeAll(async () => {
  endpoint = await openEndpoint();
  s3 = new S3Client(endpoint.access);
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterAll(() => endpoint.close());

describe('the store', () => {
  const stores = async (Key: string, body: Buffer) => {
    await createStore(s3, Bucket).upload(Key, inOneBuffer(body, 65_536));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  };

  clause('stores a workbook of one part', () => stores('one', someBytes(10_000)));

  clause('stores a workbook of many parts', () => stores('many', someBytes(2 * partBytes + 1)));

  clause('leaves nothing where its source fails', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield someBytes(partBytes + 1);
      throw new Error('the source failed');
    }
    await expect(createStore(s3, Bucket).upload('failed', failing())).rejects.toThrow('the source failed');
    expect(await leftIn(s3, Bucket, 'failed')).toEqual([]);
  });
});
