import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';
import { refusal } from './refusal.ts';

let endpoint: ContractEndpoint;
let s3: S3Client;
const Bucket = freshName('checksums');
const partBytes = 5 * 1024 * 1024;

beforeAll(async () => {
  endpoint = await openEndpoint();
  s3 = new S3Client({ ...endpoint.access, maxAttempts: 1 });
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterAll(() => endpoint.close());

// Of the text '123456789': the published check values of the three CRCs, in base64.
const checkValues = { CRC32: 'y/Q5Jg==', CRC32C: '4waSgw==', CRC64NVME: 'rosUhgp5mIg=' } as const;
const sha256 = createHash('sha256').update('123456789').digest('base64');
const cases = [...Object.entries(checkValues), ['SHA256', sha256] as const].map(([name, value]) => ({
  algorithm: ChecksumAlgorithm[name === 'SHA256' || name === 'CRC32' || name === 'CRC32C' ? name : 'CRC64NVME'],
  field: `Checksum${name}`,
  value,
}));

describe('a checksum', () => {
  for (const { algorithm, field, value } of cases) {
    clause(`${algorithm} that the client computes comes back with the object`, async () => {
      const Key = `computed/${algorithm}`;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: '123456789', ChecksumAlgorithm: algorithm }));
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      expect(head).toMatchObject({ [field]: value, ChecksumType: 'FULL_OBJECT' });
    });

    clause(`${algorithm} that is wrong stores nothing`, async () => {
      const Key = `wrong/${algorithm}`;
      const wrong = Buffer.alloc(Buffer.from(value, 'base64').length).toString('base64');
      const put = s3.send(new PutObjectCommand({ Bucket, Key, Body: '123456789', [field]: wrong }));
      expect(await refusal(put)).toMatchObject({ name: 'BadDigest', status: 400 });
      expect(await refusal(s3.send(new GetObjectCommand({ Bucket, Key })))).toMatchObject({ name: 'NoSuchKey' });
    });

    clause(`${algorithm} behind a stream is kept like one before it`, async () => {
      const Key = `trailer/${algorithm}`;
      const Body = Readable.from([Buffer.from('1234'), Buffer.from('56789')]);
      const ChecksumMode = 'ENABLED';
      await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: 9, ChecksumAlgorithm: algorithm }));
      expect(await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode }))).toMatchObject({ [field]: value });
    });
  }

  clause('is told only to who asks for it', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'unasked', Body: '123456789' }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'unasked' }));
    expect(head.ChecksumCRC32).toBeUndefined();
  });
});

describe('the hash of a body in its signature', () => {
  const put = (hash: string) => {
    const command = new PutObjectCommand({ Bucket, Key: 'hashed', Body: 'x', ChecksumCRC32: 'jNwWgw==' });
    command.middlewareStack.add(
      (next) => (args) => {
        if (hasHeaders(args.request)) args.request.headers['x-amz-content-sha256'] = hash;
        return next(args);
      },
      { step: 'build' },
    );
    return s3.send(command);
  };

  clause('may be left out', async () => {
    expect(await put('UNSIGNED-PAYLOAD')).toMatchObject({ ETag: expect.any(String) });
  });

  clause('has to be one', async () => {
    expect(await refusal(put('x'))).toMatchObject({ name: 'InvalidArgument', status: 400 });
  });

  clause('has to be that of the body', async () => {
    expect(await refusal(put('0'.repeat(64)))).toMatchObject({ name: 'XAmzContentSHA256Mismatch', status: 400 });
  });
});

function hasHeaders(request: unknown): request is { readonly headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}

describe('a multipart upload', () => {
  const chunks = [Buffer.alloc(partBytes, 'a'), Buffer.from('the end')] as const;
  const begun = async (Key: string, more: object) => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
    const Parts = [];
    for (const [index, Body] of chunks.entries()) {
      const part = { Bucket, Key, UploadId, PartNumber: index + 1, Body, ChecksumAlgorithm: ChecksumAlgorithm.CRC32 };
      const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand(part));
      Parts.push({ PartNumber: index + 1, ETag, ChecksumCRC32 });
    }
    return { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  };
  const fullObject = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
  const full = 'KyNZug==';

  clause('with a full-object checksum tells that of all its bytes', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'whole', Body: Buffer.concat(chunks) }));
    const simple = await s3.send(new HeadObjectCommand({ Bucket, Key: 'whole', ChecksumMode: 'ENABLED' }));
    const upload = await begun('full', fullObject);
    const told = await s3.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        ChecksumType: 'FULL_OBJECT',
        ...(simple.ChecksumCRC32 !== undefined && { ChecksumCRC32: simple.ChecksumCRC32 }),
      }),
    );
    expect(told).toMatchObject({ ChecksumCRC32: simple.ChecksumCRC32, ChecksumType: 'FULL_OBJECT' });
  });

  clause('with a wrong full-object checksum makes no object', async () => {
    const upload = await begun('full-wrong', fullObject);
    const wrong = { ...upload, ChecksumType: 'FULL_OBJECT', ChecksumCRC32: full } as const;
    expect(await refusal(s3.send(new CompleteMultipartUploadCommand(wrong)))).toMatchObject({ name: 'BadDigest' });
    expect(await refusal(s3.send(new GetObjectCommand({ Bucket, Key: 'full-wrong' })))).toMatchObject({
      name: 'NoSuchKey',
    });
  });

  clause('with a composite checksum tells how many parts it is of', async () => {
    const upload = await begun('composite', { ChecksumAlgorithm: 'CRC32' });
    const told = await s3.send(new CompleteMultipartUploadCommand(upload));
    expect(told.ChecksumCRC32).toMatch(/^.{6}==-2$/);
  });
});
