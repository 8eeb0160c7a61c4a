import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { newExportId } from '../../functions/ledger/export-id.ts';
import { type AccessRequest, decide } from '../../sandbox/aws/iam/decide.ts';
import { type Permission, permissionWords } from '../../sandbox/aws/iam/permission.ts';
import type { DeployedProxy } from '../support/deployed-proxy.ts';
import { differences, grantsOf, needlessGrants } from '../support/used-and-granted.ts';
import { type WalkedStack, walkStack } from '../support/walked-stack.ts';

/** Every end of a resource that is a pattern, and why AWS has no narrower form. */
const wildcards: Readonly<Record<string, string>> = {
  '/exports/*': 'ids of exports are made at run time',
  '/workbooks/*': 'ids of exports are made at run time',
  '/claims/*': 'claims are named by hashes of what callers send',
  '/requests/*': 'the index is named by hashes of what callers send',
  '/origin/*': 'versions of the secret are named by whoever puts them',
  ':*': 'Lambda names the streams of a log group',
  '*': 'X-Ray knows no resources; and in the policy of a key, `*` is that key',
  '/changed-??????': 'Secrets Manager ends each ARN with six letters of its own choice',
  '/*': 'S3 names the files of an access log, in a bucket that holds nothing else',
};

let walked: WalkedStack;
let proxy: DeployedProxy;
let requests: readonly AccessRequest[];

beforeAll(async () => {
  walked = await walkStack();
  ({ proxy, requests } = walked);
  // A dozen journeys one after the other: seconds, but many where the machine has other work.
}, 180_000);

afterAll(() => walked.close());

const differencesWith = (changed: readonly Permission[]) => differences(changed, requests);
const grants = () => grantsOf(proxy.stack.permissions);
const without = (...removed: readonly Permission[]) => proxy.stack.permissions.filter((one) => !removed.includes(one));

describe('what the stack grants', () => {
  test('is what the journeys through the system use, no less and no more', () => {
    expect(differencesWith(proxy.stack.permissions)).toEqual([]);
  });

  test('lacks something they use as soon as any single permission is taken away', () => {
    expect(needlessGrants(proxy.stack.permissions, requests).map(permissionWords)).toEqual([]);
    expect(grants().length).toBeGreaterThan(35);
  });

  test.each([
    ['another action', { action: 's3:GetObjectTagging' }],
    ['a prefix that is not looked at', { resource: 'arn:aws:s3:::bucket/secrets/*' }],
    ['the same by a wider pattern', { resource: '*' }],
    ['the same by a wider action', { action: 's3:Get*' }],
    ['the same twice', {}],
  ])('has something they do not use as soon as it grants %s', (_name, changes) => {
    const [grant] = grants().filter(({ kind, action }) => kind === 'identity' && action === 's3:GetObject');
    if (!grant) throw new Error('no role may read objects');
    const added = { ...grant, ...changes };
    expect(differencesWith([...proxy.stack.permissions, added])).toContain(
      `granted, not used: ${permissionWords(added)}`,
    );
  });

  test('names actions one by one, and resources by a pattern only where AWS has no narrower form', () => {
    expect(grants().filter(({ action }) => /[*?]/.test(action))).toEqual([]);
    const ends = grants().flatMap(({ resource }) => /(\/[^:/]*\/|\/|:|^)[^/:]*[*?].*$/.exec(resource)?.[0] ?? []);
    expect([...new Set(ends)].toSorted()).toEqual(Object.keys(wildcards).toSorted());
  });

  test('holds over TLS only: over plain HTTP, bucket and queue refuse every one of these calls', () => {
    const plain = requests
      .filter(({ identity, action }) => identity.startsWith('arn:') && /^(s3|sqs):/.test(action))
      .map((request) => ({ ...request, context: { ...request.context, 'aws:securetransport': 'false' } }));
    expect(plain.length).toBeGreaterThan(20);
    expect(plain.filter((request) => decide(proxy.stack.permissions, request).isAllowed)).toEqual([]);
  });

  /** The one table of what no run shows, since AWS's services do it themselves. */
  test("to AWS's own services is what they do with the functions' roles, and to write the access log", () => {
    const told = proxy.stack.servicesCalls.map(({ action, reason }) => `${action}: ${reason}`);
    expect([...new Set(told)]).toEqual([
      'sts:AssumeRole: Lambda runs a function with its role',
      'logs:CreateLogStream: Lambda opens a log stream for each instance of a function',
      'logs:PutLogEvents: Lambda writes what a function prints',
      'xray:PutTraceSegments: Lambda traces a function',
      'xray:PutTelemetryRecords: Lambda traces a function',
      'lambda:InvokeFunction: API Gateway calls the function for a route',
      'sts:AssumeRole: Scheduler acts with the role of a schedule',
      'sqs:SendMessage: Scheduler puts the message of a schedule on the queue',
      'sqs:SendMessage: Scheduler keeps what the queue did not take',
      's3:PutObject: S3 writes its access log',
      'sns:Publish: CloudWatch tells the topic of an alarm',
      'kms:GenerateDataKey: CloudWatch tells the topic of an alarm',
      'kms:Decrypt: CloudWatch tells the topic of an alarm',
    ]);
    expect(grants().filter(({ principal }) => principal === '*')).toEqual([]);
  });
});

/** Real calls, after a permission has really been taken away. */
describe('a permission that is missing', () => {
  const taken = (action: string, resource = /./, kind: Permission['kind'] = 'identity'): readonly Permission[] => {
    const removed = grants().filter(
      (grant) => grant.kind === kind && grant.action === action && resource.test(grant.resource),
    );
    expect(removed).not.toEqual([]);
    return removed;
  };
  const post = () => fetch(`${proxy.system().url}/exports/item_master`, { method: 'POST' });
  const look = () => fetch(`${proxy.system().url}/exports/item_master/${newExportId(Date.now())}`);

  test.each([
    ['to write records', post, 503, 'store-failed', () => taken('s3:PutObject', /\/exports\/\*$/)],
    ['to send messages', post, 503, 'store-failed', () => taken('sqs:SendMessage')],
    ['to read the secrets', post, 502, 'credentials-unusable', () => taken('secretsmanager:GetSecretValue')],
    ['to write workbooks', post, 503, 'store-failed', () => taken('s3:PutObject', /\/workbooks\/\*$/)],
    ['to see that a record is missing', look, 503, 'store-failed', () => taken('s3:ListBucket')],
    ['to sign links', post, 503, 'store-failed', () => taken('sts:AssumeRole', /./, 'trust')],
  ])('%s lets a call fail', async (_name, call, status, code, removed) => {
    await proxy.restart();
    proxy.aws.enforce({ ...proxy.stack, permissions: without(...removed()) });
    const answer = await call();
    expect({ status: answer.status, ...z.object({ code: z.string() }).parse(await answer.json()) }).toEqual({
      status,
      code,
    });
    proxy.aws.enforce(proxy.stack);
    expect((await look()).status).toBe(404);
  });
});

describe('a link', () => {
  const linkSchema = z.object({ export_id: z.string(), link: z.object({ url: z.string() }) });
  const create = async () => {
    const answer = await fetch(`${proxy.system().url}/exports/item_master`, { method: 'POST' });
    return linkSchema.parse(await answer.json());
  };

  test('is refused over plain HTTP', async () => {
    const { link } = await create();
    expect((await fetch(link.url, { headers: { 'x-forwarded-proto': 'http' } })).status).toBe(403);
    expect((await fetch(link.url)).status).toBe(200);
  });

  test('does not tell that its workbook was deleted, since its role can only read workbooks', async () => {
    const { export_id, link } = await create();
    await fetch(`${proxy.system().url}/exports/item_master/${export_id}`, { method: 'DELETE' });
    expect((await fetch(link.url)).status).toBe(403);
  });
});
