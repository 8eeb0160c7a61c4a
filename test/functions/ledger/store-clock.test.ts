import { CreateBucketCommand, GetObjectCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createStoreClock } from '../../../functions/ledger/store-clock.ts';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

const startMs = Date.UTC(2026, 10, 24, 12);

let aws: AwsSandbox;
let s3: S3Client;
let storeMs: number;

beforeAll(async () => {
  storeMs = startMs;
  aws = await startAws({ now: () => storeMs });
  await clientOf().send(new CreateBucketCommand({ Bucket: 'clock' }));
});

beforeEach(() => {
  storeMs = startMs;
  s3 = clientOf();
});

afterAll(() => aws.close());

/** Signs by the sandbox's clock, which is not this machine's. */
function clientOf(): S3Client {
  const { endpoint, region, credentials } = aws;
  return new S3Client({ endpoint, region, credentials, systemClockOffset: startMs - Date.now() });
}

const ask = () => s3.send(new HeadBucketCommand({ Bucket: 'clock' }));

describe("S3's clock", () => {
  test("is this machine's own before the first answer", () => {
    expect(createStoreClock(s3, () => 1234)()).toBe(1234);
  });

  test.each([0, 1, 499, 500, 999])('is known to half a second after one answer (%i ms into a second)', async (ms) => {
    storeMs = startMs + ms;
    const clock = createStoreClock(s3, () => 5_000);
    await ask();
    expect(Math.abs(clock() - storeMs)).toBeLessThanOrEqual(500);
  });

  test('is known better with every answer', async () => {
    let localMs = 0;
    const clock = createStoreClock(s3, () => localMs);
    for (let step = 0; step < 10; step += 1) {
      localMs = step * 900;
      storeMs = startMs + localMs + 120;
      await ask();
    }
    expect(Math.abs(clock() - storeMs)).toBeLessThanOrEqual(60);
  });

  test('is learnt from refusals too', async () => {
    const clock = createStoreClock(s3, () => 0);
    await expect(s3.send(new GetObjectCommand({ Bucket: 'clock', Key: 'none' }))).rejects.toThrow('does not exist');
    expect(Math.abs(clock() - startMs)).toBeLessThanOrEqual(500);
  });

  test('is learnt anew where answers contradict what was known', async () => {
    let localMs = 0;
    const clock = createStoreClock(s3, () => localMs);
    await ask();
    localMs = 60_000;
    await ask();
    expect(Math.abs(clock() - startMs)).toBeLessThanOrEqual(500);
  });
});
