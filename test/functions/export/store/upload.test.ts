import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { partBytes } from '../../../../functions/export/store/part.ts';
import { createStore, type Store } from '../../../../functions/export/store/store.ts';
import { spreadsheetMediaType } from '../../../../functions/ledger/link.ts';
import { type AwsSandbox, startAws } from '../../../../sandbox/aws/start.ts';
import { inOneBuffer, someBytes } from '../../../support/byte-source.ts';
import { leftIn } from '../../../support/bucket.ts';

let aws: AwsSandbox;
let s3: S3Client;
let store: Store;
const Bucket = 'workbooks';

beforeAll(async () => {
  aws = await startAws();
  s3 = new S3Client({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  await s3.send(new CreateBucketCommand({ Bucket }));
  store = createStore(s3, Bucket);
});

afterAll(() => aws.close());

async function stored(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function callsOf(act: () => Promise<unknown>): Promise<readonly string[]> {
  const before = aws.calls().length;
  await act();
  return aws
    .calls()
    .slice(before)
    .map(({ operation }) => operation);
}

const whole = someBytes(3 * partBytes + 5);

describe('an upload', () => {
  test.each([
    ['1 byte', 1],
    ['a part less a byte', partBytes - 1],
    ['a part', partBytes],
  ])('of %s is one PutObject', async (name, bytes) => {
    const body = whole.subarray(0, bytes);
    expect(await callsOf(() => store.upload(name, inOneBuffer(body, 65_536)))).toEqual(['PutObject']);
    expect((await stored(name)).equals(body)).toBe(true);
  });

  test.each([
    ['a part and a byte', partBytes + 1, 2],
    ['two parts', 2 * partBytes, 2],
    ['two parts and a byte', 2 * partBytes + 1, 3],
    ['three parts and a little', 3 * partBytes + 5, 4],
  ])('of %s is sent in parts', async (name, bytes, parts) => {
    const body = whole.subarray(0, bytes);
    expect(await callsOf(() => store.upload(name, inOneBuffer(body, 65_536)))).toEqual([
      'CreateMultipartUpload',
      ...Array.from({ length: parts }, () => 'UploadPart'),
      'CompleteMultipartUpload',
    ]);
    expect((await stored(name)).equals(body)).toBe(true);
  });

  test.each([
    ['of 1 byte', 1, 10_000],
    ['of 100 bytes', 100, partBytes + 1],
    ['that end where parts end', partBytes / 4, 2 * partBytes],
    ['that parts cut in two', 1_000_003, 2 * partBytes],
    ['longer than a part', partBytes + 3, 3 * partBytes + 5],
    ['longer than all parts', 4 * partBytes, 2 * partBytes + 5],
  ])('takes chunks %s, and copies each before it asks for the next', async (name, chunkBytes, bytes) => {
    const body = whole.subarray(0, bytes);
    await store.upload(name, inOneBuffer(body, chunkBytes));
    expect((await stored(name)).equals(body)).toBe(true);
  });

  test('takes empty chunks', async () => {
    await store.upload(
      'empty-chunks',
      (async function* () {
        yield Buffer.alloc(0);
        yield Buffer.from('a');
        yield Buffer.alloc(0);
      })(),
    );
    expect((await stored('empty-chunks')).toString()).toBe('a');
  });

  test('of no bytes at all makes no object', async () => {
    await expect(store.upload('nothing', inOneBuffer(Buffer.alloc(0), 1))).rejects.toThrow('nothing to store');
    expect(await leftIn(s3, Bucket, 'nothing')).toEqual([]);
  });

  test.each([
    ['one part', partBytes],
    ['many parts', partBytes + 1],
  ])('of %s has the media type of workbooks, and the CRC-32 of all its bytes', async (_name, bytes) => {
    await store.upload('facts', inOneBuffer(whole.subarray(0, bytes), 65_536));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'facts', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({
      ContentType: spreadsheetMediaType,
      ChecksumType: 'FULL_OBJECT',
      ChecksumCRC32: expect.any(String),
    });
  });

  test('tells after each chunk how many bytes have come', async () => {
    const told: number[] = [];
    await store.upload('told', inOneBuffer(whole.subarray(0, 250), 100), { onBytes: (bytes) => told.push(bytes) });
    expect(told).toEqual([100, 200, 250]);
  });

  test('may run beside others, also of the same store', async () => {
    const bodies = [3, 5, 7, 11, 13].map((start) => whole.subarray(start, start + partBytes + start));
    await Promise.all(bodies.map((body, number) => store.upload(`beside-${number}`, inOneBuffer(body, 50_000))));
    for (const [number, body] of bodies.entries()) expect((await stored(`beside-${number}`)).equals(body)).toBe(true);
  });

  test('may follow another one that used the same buffers', async () => {
    await store.upload('first', inOneBuffer(whole.subarray(7), 65_536));
    await store.upload('second', inOneBuffer(whole.subarray(0, partBytes + 9), 65_536));
    expect((await stored('second')).equals(whole.subarray(0, partBytes + 9))).toBe(true);
    expect((await stored('first')).equals(whole.subarray(7))).toBe(true);
  });

  test('takes memory for three parts once, whatever follows', async () => {
    const own = createStore(s3, Bucket);
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const taken = () => allocate.mock.calls.filter(([bytes]) => bytes === partBytes).length;
    await own.upload('memory', inOneBuffer(whole.subarray(0, 1000), 100));
    expect(taken()).toBe(1);
    await own.upload('memory', inOneBuffer(whole, 65_536));
    await own.upload('memory', inOneBuffer(whole, 65_536));
    expect(taken()).toBeLessThanOrEqual(3);
    allocate.mockRestore();
  });
});

describe('a source that fails', () => {
  test.each([
    ['at once', 0],
    ['within the first part', 1000],
    ['at the end of the first part', partBytes],
    ['right after the first part', partBytes + 1],
    ['at the end of the second part', 2 * partBytes],
    ['within the third part', 2 * partBytes + 1000],
    ['at the end of the third part', 3 * partBytes],
    ['in the fourth part', 3 * partBytes + 5],
  ])('%s is told as it is, and leaves neither object nor unfinished upload', async (name, bytes) => {
    const fault = new Error('the source failed');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* inOneBuffer(whole.subarray(0, bytes), 65_536);
      throw fault;
    }
    await expect(store.upload(`failed ${name}`, failing())).rejects.toBe(fault);
    expect(await leftIn(s3, Bucket, 'failed ')).toEqual([]);
  });

  test('does not keep the next upload from its buffers', async () => {
    for (let count = 0; count < 5; count += 1) {
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield whole.subarray(0, 2 * partBytes + 1);
        throw new Error('the source failed');
      }
      await expect(store.upload('often', failing())).rejects.toThrow('the source failed');
    }
    await store.upload('often', inOneBuffer(whole, 65_536));
    expect((await stored('often')).equals(whole)).toBe(true);
  });
});

test('removing deletes an object, and is content where there is none', async () => {
  await store.upload('removed', inOneBuffer(Buffer.from('x'), 1));
  await store.remove('removed');
  await store.remove('removed');
  expect(await leftIn(s3, Bucket, 'removed')).toEqual([]);
});
