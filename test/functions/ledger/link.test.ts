import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMakeLink, type MakeLink } from '../../../functions/ledger/link.ts';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

let aws: AwsSandbox;
let nowMs: number;
let makeLink: MakeLink;
let makeLinkOf: (longestSeconds: number) => MakeLink;

const workbook = {
  key: 'workbooks/x/1.xlsx',
  file_name: 'x.xlsx',
  bytes: 1,
  sha256: 'a',
  content_hash: 'b',
  coverage: 'unknown' as const,
  sheets: [],
};

beforeEach(async () => {
  nowMs = Math.floor(Date.now() / 1000) * 1000 + 700;
  aws = await startAws({ now: () => nowMs });
  const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials };
  const s3 = new S3Client(access);
  await s3.send(new CreateBucketCommand({ Bucket: 'b' }));
  await s3.send(new PutObjectCommand({ Bucket: 'b', Key: workbook.key, Body: 'x' }));
  const roleArn = 'arn:aws:iam::000000000000:role/link';
  const sts = new STSClient(access);
  makeLinkOf = (longestSeconds) =>
    createMakeLink({ sts: () => sts, aws: access, bucket: 'b', roleArn, longestSeconds, now: () => nowMs });
  makeLink = makeLinkOf(3600);
});

afterEach(() => aws.close());

// The SDK signs by the machine's clock, is refused by ours once it has moved on, and corrects itself: that is not counted.
const rolesAssumed = () =>
  aws.calls().filter(({ operation, status }) => operation === 'AssumeRole' && status === 200).length;
const statusOf = async (url: string) => (await fetch(url)).status;

describe('a link', () => {
  test('works until its end and not a moment longer', async () => {
    const { url, expires_at } = await makeLink(workbook, 60);
    nowMs = Date.parse(expires_at) - 1;
    expect(await statusOf(url)).toBe(200);
    nowMs = Date.parse(expires_at);
    expect(await statusOf(url)).toBe(403);
  });

  test('is signed with credentials that live as long as it does, and shares them while they do', async () => {
    await makeLink(workbook, 900);
    nowMs += 2_600_000;
    await makeLink(workbook, 900);
    expect(rolesAssumed()).toBe(1);
    nowMs += 200_000;
    const late = await makeLink(workbook, 900);
    expect(rolesAssumed()).toBe(2);
    nowMs += 890_000;
    expect(await statusOf(late.url)).toBe(200);
  });

  test('of an hour tells the truth though its credentials live no longer than that', async () => {
    nowMs += 5_000;
    const { url, expires_at } = await makeLink(workbook, 3600);
    nowMs = Date.parse(expires_at) - 1;
    expect(await statusOf(url)).toBe(200);
  });

  test('lives no longer than the bucket lets it, and says so', async () => {
    const { url, expires_at } = await makeLinkOf(120)(workbook, 900);
    expect(Date.parse(expires_at)).toBe(Math.floor(nowMs / 1000) * 1000 + 120_000);
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('120');
  });

  test('is store-failed where STS cannot be reached, and works again afterwards', async () => {
    const access = { endpoint: 'http://127.0.0.1:9', region: aws.region, credentials: aws.credentials, maxAttempts: 1 };
    const roleArn = 'arn:aws:iam::000000000000:role/link';
    const sts = new STSClient(access);
    const failing = createMakeLink({
      sts: () => sts,
      aws: access,
      bucket: 'b',
      roleArn,
      longestSeconds: 3600,
      now: () => nowMs,
    });
    await expect(failing(workbook, 60)).rejects.toMatchObject({ code: 'store-failed' });
    await expect(failing(workbook, 60)).rejects.toMatchObject({ code: 'store-failed' });
  });
});
