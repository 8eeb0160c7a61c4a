import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

let aws: AwsSandbox;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  aws = await startAws({ now: () => nowMs });
  const s3 = new S3Client(access());
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'key', Body: 'x' }));
});

afterEach(() => aws.close());

const access = () => ({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, maxAttempts: 1 });

async function assume(DurationSeconds: number, client = new STSClient(access())) {
  const RoleArn = `arn:aws:iam::${aws.accountId}:role/link`;
  const { Credentials } = await client.send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'link', DurationSeconds }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const link = (client: S3Client) =>
  getSignedUrl(client, new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }), { expiresIn: 60 });

async function refused(url: string, init: RequestInit = {}): Promise<string | undefined> {
  return /<Code>(.*)<\/Code>/.exec(await (await fetch(url, init)).text())?.[1];
}

describe("an assumed role's credentials", () => {
  test('need their token, and that one', async () => {
    const credentials = await assume(900);
    const { sessionToken: _token, ...bare } = credentials;
    const other = { ...credentials, sessionToken: (await assume(900)).sessionToken };
    const get = new GetObjectCommand({ Bucket: 'bucket', Key: 'key' });
    for (const wrong of [bare, other]) {
      const client = new S3Client({ ...access(), credentials: wrong });
      await expect(client.send(get)).rejects.toMatchObject({ name: 'InvalidToken' });
      expect(await refused(await link(client))).toBe('InvalidToken');
    }
    expect(await new S3Client({ ...access(), credentials }).send(get)).toMatchObject({ ContentLength: 1 });
  });

  test('end when they say, for calls of every service', async () => {
    const client = new STSClient({ ...access(), credentials: await assume(900) });
    const s3 = new S3Client({ ...access(), credentials: await assume(900) });
    await client.send(new GetCallerIdentityCommand());
    nowMs += 899_000;
    const signingDate = () => new Date(nowMs);
    expect(
      (
        await fetch(
          await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }), {
            signingDate: signingDate(),
          }),
        )
      ).status,
    ).toBe(200);
    nowMs += 1_000;
    expect(
      await refused(
        await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }), { signingDate: signingDate() }),
      ),
    ).toBe('ExpiredToken');
    client.config.systemClockOffset = 900_000;
    await expect(client.send(new GetCallerIdentityCommand())).rejects.toMatchObject({
      message: 'The provided token has expired.',
    });
  });

  test('last twelve hours for a user, and one at most for who is a role already', async () => {
    const chained = new STSClient({ ...access(), credentials: await assume(43_200) });
    await expect(assume(3601, chained)).rejects.toMatchObject({ name: 'ValidationError' });
    expect(await assume(3600, chained)).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA/) });
  });

  test('tell whose they are', async () => {
    const client = new STSClient({ ...access(), credentials: await assume(900) });
    expect(await client.send(new GetCallerIdentityCommand())).toMatchObject({
      Arn: `arn:aws:sts::${aws.accountId}:assumed-role/link/link`,
    });
  });
});

describe('a signature', () => {
  test('of another region is refused', async () => {
    const elsewhere = new S3Client({ ...access(), region: 'us-east-1' });
    await expect(elsewhere.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }))).rejects.toMatchObject({
      name: 'AuthorizationHeaderMalformed',
    });
    expect(await refused(await link(elsewhere))).toBe('AuthorizationQueryParametersError');
  });

  test('covers every header that could change the call', async () => {
    const url = await link(new S3Client(access()));
    expect(await refused(url, { headers: { 'x-amz-checksum-mode': 'ENABLED' } })).toBe('AccessDenied');
    expect((await fetch(url, { headers: { range: 'bytes=0-0' } })).status).toBe(206);
  });

  test('covers every byte of the query', async () => {
    const url = await link(new S3Client(access()));
    const { searchParams } = new URL(url);
    const names = [...searchParams.keys()].filter((name) => name !== 'X-Amz-Signature');
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const bent = new URL(url);
      bent.searchParams.delete(name);
      expect((await fetch(bent)).status, `without ${name}`).toBeGreaterThanOrEqual(400);
      bent.searchParams.set(name, `${searchParams.get(name)}0`);
      expect((await fetch(bent)).status, `with another ${name}`).toBeGreaterThanOrEqual(400);
    }
    for (const name of ['a', 'x-id', 'X-Amz-User-Agent', 'response-content-type', 'list-type']) {
      expect(await refused(`${url}&${name}=b`), name).toBe('SignatureDoesNotMatch');
    }
  });

  test('does not depend on the order of the query', async () => {
    const url = new URL(await link(new S3Client(access())));
    url.search = url.search.slice(1).split('&').toReversed().join('&');
    expect((await fetch(url)).status).toBe(200);
  });

  test('does not let a body be exchanged', async () => {
    const s3 = new S3Client(access());
    s3.middlewareStack.add(
      (next) => async (args) => {
        if (typeof args.request === 'object' && args.request !== null && 'body' in args.request) {
          args.request.body = 'evil';
        }
        return next(args);
      },
      { step: 'deserialize', priority: 'low' },
    );
    const put = s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'key', Body: 'good' }));
    await expect(put).rejects.toMatchObject({ name: 'XAmzContentSHA256Mismatch' });
  });
});
