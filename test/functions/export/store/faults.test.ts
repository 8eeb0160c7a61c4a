import { crc32 } from 'node:zlib';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { partBytes } from '../../../../functions/export/store/part.ts';
import { createStore, type Store } from '../../../../functions/export/store/store.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';
import { type AwsSandbox, startAws } from '../../../../sandbox/aws/start.ts';
import { leftIn } from '../../../support/bucket.ts';
import { inOneBuffer, someBytes } from '../../../support/byte-source.ts';
import {
  answerError,
  cutBody,
  type Fault,
  type FaultyS3,
  hang,
  loseAnswer,
  refuse,
  startFaultyS3,
} from '../../../support/faulty-s3.ts';

let aws: AwsSandbox;
let faulty: FaultyS3;
let s3: S3Client;
let store: Store;
const Bucket = 'workbooks';
/** Another one for each test, so that no test meets what another one left. */
let Key = '';
let keys = 0;

beforeAll(async () => {
  aws = await startAws();
  faulty = await startFaultyS3(aws.endpoint);
  const access = { region: aws.region, credentials: aws.credentials };
  s3 = new S3Client({ endpoint: aws.endpoint, ...access });
  await s3.send(new CreateBucketCommand({ Bucket }));
  store = createStore(new S3Client({ endpoint: faulty.endpoint, ...access }), Bucket);
});

beforeEach(() => {
  faulty.heal();
  Key = `workbook-${(keys += 1)}/`;
});

afterAll(async () => {
  await faulty.close();
  await aws.close();
});

const whole = someBytes(partBytes + 1);
const small = whole.subarray(0, 3_000_000);
const upload = (body: Uint8Array, signal?: AbortSignal) =>
  store.upload(Key, inOneBuffer(body, 65_536), signal ? { signal } : {});

/** The failure of an upload of which nothing is left in S3. */
async function failureOf(uploading: Promise<void>): Promise<ExportFailure> {
  const failure: unknown = await uploading.then(
    () => 'it was stored',
    (error: unknown) => error,
  );
  expect(await leftIn(s3, Bucket, Key)).toEqual([]);
  if (failure instanceof ExportFailure) return failure;
  throw new Error('the upload did not fail as an export', { cause: failure });
}

async function stored(): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const passing: readonly (readonly [string, Fault])[] = [
  ['500', refuse(500, 'InternalError')],
  ['503', refuse(503, 'SlowDown')],
  ['a cut connection', cutBody],
];

describe('what passes', () => {
  test.each(passing)('is tried again by the SDK: %s of a part', async (_name, fault) => {
    faulty.fault('UploadPart', fault, 2);
    await upload(whole);
    expect((await stored()).equals(whole)).toBe(true);
  });

  test.each(passing)('is tried again by the SDK: %s of a PutObject', async (_name, fault) => {
    faulty.fault('PutObject', fault, 2);
    await upload(small);
    expect((await stored()).equals(small)).toBe(true);
  });

  test('is tried again by the SDK: an error in a 200 of CompleteMultipartUpload', async () => {
    faulty.fault('CompleteMultipartUpload', answerError('InternalError'), 1);
    await upload(whole);
    expect((await stored()).equals(whole)).toBe(true);
  });

  test('is tried again by the SDK: a part whose answer was lost', async () => {
    faulty.fault('UploadPart', loseAnswer, 1);
    await upload(whole);
    expect((await stored()).equals(whole)).toBe(true);
  });
});

const refusals = [
  ['CreateMultipartUpload', 'is refused', 'AccessDenied', refuse(403, 'AccessDenied')],
  ['CreateMultipartUpload', 'fails', 'InternalError', refuse(500, 'InternalError')],
  ['UploadPart', 'is refused', 'AccessDenied', refuse(403, 'AccessDenied')],
  ['UploadPart', 'fails', 'InternalError', refuse(500, 'InternalError')],
  ['UploadPart', 'is cut', 'TimeoutError', cutBody],
  ['CompleteMultipartUpload', 'meets another operation', 'OperationAborted', refuse(409, 'OperationAborted')],
  ['CompleteMultipartUpload', 'is refused', 'BadDigest', refuse(400, 'BadDigest')],
  ['CompleteMultipartUpload', 'fails within a 200', 'InternalError', answerError('InternalError')],
  ['CompleteMultipartUpload', 'loses its answer', 'TimeoutError', loseAnswer],
] as const;

describe('what lasts', () => {
  test.each(refusals)('is store-failed: %s %s (%s)', async (operation, _what, reason, fault) => {
    faulty.fault(operation, fault);
    const failure = await failureOf(upload(whole));
    expect(failure).toMatchObject({ code: 'store-failed', message: expect.stringContaining(reason) });
  });

  test('is store-failed: CompleteMultipartUpload that made the object, and is answered NoSuchUpload when asked again', async () => {
    faulty.fault('CompleteMultipartUpload', loseAnswer, 1);
    expect((await failureOf(upload(whole))).message).toContain('NoSuchUpload');
  });

  test.each([
    ['AccessDenied', refuse(403, 'AccessDenied')],
    ['InternalError', refuse(500, 'InternalError')],
    ['TimeoutError', loseAnswer],
  ] as const)('is store-failed: PutObject (%s)', async (reason, fault) => {
    faulty.fault('PutObject', fault);
    const failure = await failureOf(upload(small));
    expect(failure).toMatchObject({ code: 'store-failed', message: expect.stringContaining(reason) });
  });

  test('ends the reading of the source, and closes it', async () => {
    faulty.fault('CreateMultipartUpload', refuse(403, 'AccessDenied'));
    let isClosed = false;
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          given += 1;
          yield whole.subarray(0, partBytes);
        }
      } finally {
        isClosed = true;
      }
    }
    await failureOf(store.upload(Key, endless()));
    expect(isClosed).toBe(true);
    expect(given).toBeLessThan(8);
  });

  test('is told as what came first where taking back is refused too', async () => {
    faulty.fault('CompleteMultipartUpload', refuse(409, 'OperationAborted'));
    faulty.fault('AbortMultipartUpload', refuse(403, 'AccessDenied'));
    faulty.fault('DeleteObject', refuse(403, 'AccessDenied'));
    await expect(upload(whole)).rejects.toThrow('S3 did not store the workbook (OperationAborted)');
    expect(await leftIn(s3, Bucket, Key)).toEqual([`unfinished ${Key}`]);
  });
});

describe('the CRC-32 of the whole', () => {
  test.each([
    ['PutObject', small],
    ['CompleteMultipartUpload', whole],
  ] as const)('goes to S3 with %s, so that S3 itself refuses other bytes', async (operation, body) => {
    let sent: unknown;
    faulty.fault(operation, ({ incoming, pass }) => {
      sent = incoming.headers['x-amz-checksum-crc32'];
      pass();
    });
    await upload(body);
    const expected = Buffer.alloc(4);
    expected.writeUInt32BE(crc32(body));
    expect(sent).toBe(expected.toString('base64'));
  });
});

test.each([
  ['PutObject', small],
  ['UploadPart', whole],
] as const)('the body of %s is guarded by its CRC-32, and not signed', async (operation, body) => {
  let sent: unknown;
  faulty.fault(operation, ({ incoming, pass }) => {
    sent = incoming.headers['x-amz-content-sha256'];
    pass();
  });
  await upload(body);
  expect(sent).toBe('UNSIGNED-PAYLOAD');
});

describe('a checksum that S3 answers otherwise', () => {
  test('of an object in one is store-failed, and the object is deleted', async () => {
    faulty.fault('PutObject', ({ pass }) => {
      pass((answer) => ({ ...answer, headers: { ...answer.headers, 'x-amz-checksum-crc32': 'AAAAAA==' } }));
    });
    expect(await failureOf(upload(small))).toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('ChecksumMismatch'),
    });
  });

  test('of an object in parts is store-failed, and the object is deleted', async () => {
    faulty.fault('CompleteMultipartUpload', ({ pass }) => {
      pass((answer) => ({
        ...answer,
        body: answer.body.replace(/<ChecksumCRC32>[^<]+/, '<ChecksumCRC32>AAAAAA=='),
      }));
    });
    expect(await failureOf(upload(whole))).toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('ChecksumMismatch'),
    });
  });

  test('not at all is no contradiction', async () => {
    faulty.fault('PutObject', ({ pass }) => {
      pass(({ headers: { 'x-amz-checksum-crc32': _left, ...headers }, ...answer }) => ({ ...answer, headers }));
    });
    await upload(small);
    expect((await stored()).equals(small)).toBe(true);
  });

  test.each([
    ['PutObject', small],
    ['CompleteMultipartUpload', whole],
  ] as const)('by an answer that names no object is store-failed: %s', async (operation, body) => {
    faulty.fault(operation, ({ pass }) => {
      pass((answer) => ({ status: 200, headers: {}, body: answer.body.replace(/<ETag>.*<\/ETag>/, '') }));
    });
    expect((await failureOf(upload(body))).code).toBe('store-failed');
  });
});

describe('a body that changed on its way', () => {
  test.each([
    ['PutObject', small],
    ['UploadPart', whole],
  ] as const)('is refused by S3: %s', async (operation, body) => {
    faulty.fault(operation, ({ incoming, pass }) => {
      incoming.once('data', (chunk: Buffer) => {
        chunk[0] = (chunk[0] ?? 0) ^ 1;
      });
      pass();
    });
    expect(await failureOf(upload(body))).toMatchObject({
      code: 'store-failed',
      message: expect.stringContaining('BadDigest'),
    });
  });
});

describe('parts on their way', () => {
  /** Holds every part back until the returned function is called. */
  function holdParts(): { readonly held: () => number; readonly release: () => void } {
    const waiting: (() => void)[] = [];
    faulty.fault('UploadPart', ({ pass }) => waiting.push(() => pass()));
    return {
      held: () => waiting.length,
      release: () => {
        faulty.heal();
        for (const pass of waiting) pass();
      },
    };
  }

  test('are at most three, and the source waits for them', async () => {
    const parts = holdParts();
    let given = 0;
    async function* long(): AsyncGenerator<Uint8Array> {
      for (; given < 6 * partBytes; given += 65_536) yield whole.subarray(0, 65_536);
    }
    const uploading = store.upload(Key, long());
    await vi.waitFor(() => {
      expect([parts.held(), given]).toEqual([3, 3 * partBytes]);
    });
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect([parts.held(), given]).toEqual([3, 3 * partBytes]);
    parts.release();
    await uploading;
    expect(await stored()).toHaveLength(6 * partBytes);
  });

  test('are waited for when the source fails, before the upload is aborted', async () => {
    const parts = holdParts();
    const fault = new Error('the source failed');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield someBytes(2 * partBytes + 1);
      throw fault;
    }
    const uploading = store.upload(Key, failing());
    uploading.catch(() => undefined);
    await vi.waitFor(() => {
      expect(parts.held()).toBe(2);
    });
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(faulty.calls).not.toContain('AbortMultipartUpload');
    parts.release();
    await expect(uploading).rejects.toBe(fault);
    expect(await leftIn(s3, Bucket, Key)).toEqual([]);
  });

  test('are cut when the time runs out, and the upload is aborted all the same', async () => {
    faulty.fault('UploadPart', hang);
    const deadline = new AbortController();
    const uploading = upload(whole, deadline.signal);
    uploading.catch(() => undefined);
    await vi.waitFor(() => {
      expect(faulty.calls).toContain('UploadPart');
    });
    deadline.abort();
    expect(await failureOf(uploading)).toMatchObject({
      code: 'store-failed',
      message: 'S3 did not store the workbook (the time ran out). Try again in a moment.',
    });
  });
});

test('a PutObject that hangs ends when the time runs out', async () => {
  faulty.fault('PutObject', hang);
  const deadline = new AbortController();
  const uploading = upload(small, deadline.signal);
  uploading.catch(() => undefined);
  await vi.waitFor(() => {
    expect(faulty.calls).toContain('PutObject');
  });
  deadline.abort();
  expect((await failureOf(uploading)).message).toContain('the time ran out');
});
