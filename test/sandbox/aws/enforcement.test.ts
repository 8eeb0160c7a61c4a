import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { permissionsOf } from '../../../sandbox/aws/iam/permission.ts';
import { type AwsSandbox, startAws } from '../../../sandbox/aws/start.ts';

const role = 'arn:aws:iam::000000000000:role/R';
const linkRole = 'arn:aws:iam::000000000000:role/link';
const bucketArn = 'arn:aws:s3:::b';
const queueArn = 'arn:aws:sqs:eu-central-1:000000000000:q';
const theirBus = 'arn:aws:events:eu-central-1:444455556666:event-bus/erp';
const keyArn = 'arn:aws:kms:eu-central-1:000000000000:key/k';

let aws: AwsSandbox;
let nowMs: number;
let QueueUrl: string | undefined;
let secretArn: string | undefined;
let policies: ReturnType<typeof permissionsOf>[];

beforeEach(async () => {
  nowMs = Date.now();
  policies = [];
  aws = await startAws({ now: () => nowMs });
  const own = access(aws.credentials);
  await new S3Client(own).send(new CreateBucketCommand({ Bucket: 'b' }));
  await new S3Client(own).send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x' }));
  ({ QueueUrl } = await new SQSClient(own).send(new CreateQueueCommand({ QueueName: 'q' })));
  const secret = new CreateSecretCommand({ Name: 's', SecretString: 'x' });
  ({ ARN: secretArn } = await new SecretsManagerClient(own).send(secret));
});

afterEach(() => aws.close());

const access = (credentials: AwsSandbox['credentials']) => ({
  endpoint: aws.endpoint,
  region: aws.region,
  credentials,
  maxAttempts: 1,
});
const ofRole = () => access(aws.credentialsOf(role));

type Kind = Parameters<typeof permissionsOf>[0];
function enforce(kind: Kind, holder: string, ...Statement: object[]): void {
  policies.push(permissionsOf(kind, holder, { Version: '2012-10-17', Statement }));
  aws.enforce({ permissions: policies.flat(), keys: new Map() });
}
const allow = (Action: string | string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
const allowRole = (Action: string | string[], Resource: string) => enforce('identity', role, allow(Action, Resource));
const asked = () => aws.decisions().map(({ action, resource, isAllowed }) => [action, resource, isAllowed]);

describe('without policies', () => {
  test('everybody may do everything, and nothing is recorded', async () => {
    await new S3Client(ofRole()).send(new DeleteObjectCommand({ Bucket: 'b', Key: 'k' }));
    expect(aws.decisions()).toEqual([]);
  });
});

describe('with policies', () => {
  test('the administrator may do what none denies', async () => {
    allowRole('s3:GetObject', `${bucketArn}/*`);
    const s3 = new S3Client(access(aws.credentials));
    await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'y' }));
    const statement = { ...allow('s3:PutObject', `${bucketArn}/*`), Effect: 'Deny', Principal: '*' };
    enforce('resource', bucketArn, statement);
    const again = s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'z' }));
    await expect(again).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test.each([
    ['its name', 'erp', 'arn:aws:events:eu-central-1:000000000000:event-bus/erp'],
    ['its ARN, also in another account', theirBus, theirBus],
  ])('an event is put on the bus of %s', async (_what, EventBusName, resource) => {
    allowRole('events:PutEvents', resource);
    const Entries = [{ EventBusName, Source: 'a', DetailType: 'b', Detail: '{}' }];
    await new EventBridgeClient(ofRole()).send(new PutEventsCommand({ Entries }));
    expect(asked()).toEqual([['events:PutEvents', resource, true]]);
  });

  test('everybody may ask who they are', async () => {
    allowRole('s3:GetObject', bucketArn);
    const { Arn } = await new STSClient(ofRole()).send(new GetCallerIdentityCommand());
    expect(Arn).toBe('arn:aws:sts::000000000000:assumed-role/R/function');
  });

  test.each([
    ['S3', 403, 'AccessDenied', () => new S3Client(ofRole()).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))],
    [
      'Secrets Manager',
      400,
      'AccessDeniedException',
      () => new SecretsManagerClient(ofRole()).send(new GetSecretValueCommand({ SecretId: 's' })),
    ],
    [
      'SQS',
      403,
      'AccessDenied',
      () => new SQSClient(ofRole()).send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })),
    ],
    [
      'STS',
      403,
      'AccessDenied',
      () => new STSClient(ofRole()).send(new AssumeRoleCommand({ RoleArn: linkRole, RoleSessionName: 'link' })),
    ],
  ])('%s refuses what none allows: %s %s', async (_service, httpStatusCode, name, call) => {
    allowRole('s3:DeleteObject', bucketArn);
    await expect(call()).rejects.toMatchObject({
      name,
      message: expect.stringMatching(
        /^User: \S+assumed-role\/R\/function is not authorized to perform: \w+:\w+ on resource: "arn:/,
      ),
      $metadata: { httpStatusCode },
    });
  });

  test('a secret is asked for by its ARN, whatever the call names it by', async () => {
    allowRole('secretsmanager:GetSecretValue', secretArn ?? '');
    const secretsManager = new SecretsManagerClient(ofRole());
    for (const SecretId of ['s', secretArn]) {
      expect((await secretsManager.send(new GetSecretValueCommand({ SecretId }))).SecretString).toBe('x');
    }
    await expect(secretsManager.send(new GetSecretValueCommand({ SecretId: 't' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});

describe('a missing key', () => {
  test.each([
    ['is told to who may list the bucket', ['s3:GetObject', 's3:ListBucket'], 'NoSuchKey', 404],
    ['is not told to who may not', ['s3:GetObject'], 'AccessDenied', 403],
  ])('%s', async (_name, actions, name, httpStatusCode) => {
    for (const action of actions) allowRole(action, action === 's3:ListBucket' ? bucketArn : `${bucketArn}/*`);
    const s3 = new S3Client(ofRole());
    const missing = { Bucket: 'b', Key: 'missing' };
    await expect(s3.send(new GetObjectCommand(missing))).rejects.toMatchObject({ name });
    await expect(s3.send(new HeadObjectCommand(missing))).rejects.toMatchObject({ $metadata: { httpStatusCode } });
    expect(asked()).toContainEqual(['s3:ListBucket', bucketArn, actions.length === 2]);
  });
});

describe('a list', () => {
  test('may be allowed by its prefix', async () => {
    const Condition = { StringLike: { 's3:prefix': 'exports/*' } };
    enforce('identity', role, { ...allow('s3:ListBucket', bucketArn), Condition });
    const s3 = new S3Client(ofRole());
    expect((await s3.send(new ListObjectsV2Command({ Bucket: 'b', Prefix: 'exports/x' }))).KeyCount).toBe(0);
    for (const Prefix of [undefined, 'claims/']) {
      const list = new ListObjectsV2Command({ Bucket: 'b', Prefix });
      await expect(s3.send(list)).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });
});

describe('a conditional write', () => {
  test('on what is there needs reading too, one on nothing does not', async () => {
    allowRole('s3:PutObject', `${bucketArn}/*`);
    const s3 = new S3Client(ofRole());
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'new', Body: 'x', IfNoneMatch: '*' }));
    const replace = new PutObjectCommand({ Bucket: 'b', Key: 'new', Body: 'y', IfMatch: ETag });
    await expect(s3.send(replace)).rejects.toMatchObject({ name: 'AccessDenied' });
    allowRole('s3:GetObject', `${bucketArn}/new`);
    await s3.send(replace);
  });
});

describe('an assumed role', () => {
  test('is what its trust policy gives, and may what its own policy allows', async () => {
    enforce('trust', linkRole, { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: role } });
    enforce('identity', linkRole, allow('s3:GetObject', `${bucketArn}/*`));
    const s3 = new S3Client(access(await assumed()));
    expect((await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))).ContentLength).toBe(1);
    await expect(s3.send(new ListObjectsV2Command({ Bucket: 'b' }))).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  async function assumed() {
    const sts = new STSClient(ofRole());
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: linkRole, RoleSessionName: 'link' }));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }
});

describe('a link', () => {
  const refuse = (Condition: object) =>
    enforce('resource', bucketArn, {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [bucketArn, `${bucketArn}/*`],
      Condition,
    });
  const sign = () => {
    const signingDate = new Date(Math.floor(nowMs / 1000) * 1000);
    const s3 = new S3Client(ofRole());
    return getSignedUrl(s3, new GetObjectCommand({ Bucket: 'b', Key: 'k' }), { expiresIn: 3600, signingDate });
  };
  const statusOf = async (url: string, headers = {}) => (await fetch(url, { headers })).status;

  beforeEach(() => allowRole('s3:GetObject', `${bucketArn}/*`));

  test('is refused once it is older than the bucket lets it be, though it would still be good', async () => {
    refuse({
      StringEquals: { 's3:authType': 'REST-QUERY-STRING' },
      NumericGreaterThan: { 's3:signatureAge': '600000' },
    });
    nowMs = Math.floor(nowMs / 1000) * 1000;
    const url = await sign();
    nowMs += 600_000;
    expect(await statusOf(url)).toBe(200);
    nowMs += 1;
    expect(await statusOf(url)).toBe(403);
    // Calls that are signed in their headers are no links.
    expect((await new S3Client(ofRole()).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))).ContentLength).toBe(1);
  });

  test('is refused over plain HTTP where the bucket wants TLS', async () => {
    refuse({ Bool: { 'aws:SecureTransport': 'false' } });
    const url = await sign();
    expect([await statusOf(url), await statusOf(url, { 'x-forwarded-proto': 'http' })]).toEqual([200, 403]);
  });

  test('of the account is good where the bucket refuses all other accounts', async () => {
    refuse({
      StringNotEqualsIfExists: { 'aws:PrincipalAccount': aws.accountId },
      BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
    });
    expect(await statusOf(await sign())).toBe(200);
  });
});

describe("a customer's key", () => {
  const viaS3 = { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } };
  const lock = () =>
    aws.enforce({
      permissions: [...policies.flat(), ...byAccount],
      keys: new Map([bucketArn, queueArn, secretArn ?? ''].map((arn) => [arn, keyArn])),
    });
  const byAccount = permissionsOf('resource', keyArn, {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: '000000000000' }, Action: 'kms:*', Resource: '*' },
  });

  const letUse = (...actions: string[]) => {
    enforce('identity', role, { ...allow(actions, keyArn), Condition: viaS3 });
    lock();
  };
  const refused = { name: 'AccessDenied', message: expect.stringContaining(keyArn) };

  test('is needed to write an object, and to read it', async () => {
    allowRole(['s3:PutObject', 's3:GetObject'], `${bucketArn}/*`);
    lock();
    const s3 = new S3Client(ofRole());
    const put = () => s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: 'x' }));
    const get = () => s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
    await expect(put()).rejects.toMatchObject(refused);
    letUse('kms:GenerateDataKey');
    await put();
    await expect(get()).rejects.toMatchObject(refused);
    letUse('kms:Decrypt');
    expect((await get()).ContentLength).toBe(1);
  });

  test('is needed to begin an upload, and to send its parts', async () => {
    allowRole('s3:PutObject', `${bucketArn}/*`);
    lock();
    const s3 = new S3Client(ofRole());
    const object = { Bucket: 'b', Key: 'k' };
    await expect(s3.send(new CreateMultipartUploadCommand(object))).rejects.toMatchObject(refused);
    letUse('kms:GenerateDataKey');
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
    const part = { ...object, UploadId, PartNumber: 1, Body: 'x' };
    await expect(s3.send(new UploadPartCommand(part))).rejects.toMatchObject(refused);
    letUse('kms:Decrypt');
    expect((await s3.send(new UploadPartCommand(part))).ETag).toBeDefined();
  });

  test('opens for nobody where its own policy does not let the policies of its account decide', async () => {
    allowRole(['s3:GetObject', 'kms:Decrypt'], '*');
    aws.enforce({ permissions: policies.flat(), keys: new Map([[bucketArn, keyArn]]) });
    const get = new S3Client(ofRole()).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
    await expect(get).rejects.toMatchObject(refused);
  });

  test('is used by way of one service, in the context of what it encrypts', async () => {
    allowRole(['sqs:SendMessage', 'sqs:ReceiveMessage'], queueArn);
    allowRole('secretsmanager:GetSecretValue', secretArn ?? '');
    enforce('identity', role, { ...allow('kms:*', keyArn), Condition: viaS3 });
    lock();
    const sqs = new SQSClient(ofRole());
    const secretsManager = new SecretsManagerClient(ofRole());
    const send = new SendMessageCommand({ QueueUrl, MessageBody: 'x' });
    const get = new GetSecretValueCommand({ SecretId: 's' });
    await expect(sqs.send(send)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(secretsManager.send(get)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    enforce('identity', role, {
      ...allow(['kms:Decrypt', 'kms:GenerateDataKey'], keyArn),
      Condition: { StringEquals: { 'kms:ViaService': 'sqs.eu-central-1.amazonaws.com' } },
    });
    enforce('identity', role, {
      ...allow('kms:Decrypt', keyArn),
      Condition: { StringLike: { 'kms:EncryptionContext:SecretARN': `${secretArn?.slice(0, -6)}??????` } },
    });
    lock();
    await sqs.send(send);
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toHaveLength(1);
    expect((await secretsManager.send(get)).SecretString).toBe('x');
  });
});
