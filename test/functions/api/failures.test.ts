import { readFile } from 'node:fs/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { problemDocument } from '../../../functions/api/problem.ts';
import { newExportId } from '../../../functions/ledger/export-id.ts';
import { queuedRecord } from '../../../functions/ledger/export-message.ts';
import { failureTitles } from '../../../functions/ledger/failure.ts';
import { recordKey } from '../../../functions/ledger/keys.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { s3Of } from '../../support/bucket.ts';
import { answerWith, type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from '../../support/scripted-origin.ts';
import { smallWorkbook } from '../../support/workbooks.ts';

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;

beforeEach(async () => {
  origin = await startScriptedOrigin();
  origin.answerExport(sendWorkbook(await smallWorkbook()));
  proxy = await startExportProxy({
    port: 0,
    account: { base_url: origin.url, username: 'u', password: 'p' },
    random: () => 0,
  });
});

afterEach(async () => {
  await proxy.close();
  await origin.close();
});

const create = () => fetch(`${proxy.url}/exports/item_master`, { method: 'POST' });
const at = (path: string) => fetch(`${proxy.url}${path}`, { redirect: 'manual' });

function putRecord(exportId: string, record: unknown): Promise<unknown> {
  const Body = JSON.stringify(record);
  return s3Of(proxy).send(
    new PutObjectCommand({ Bucket: proxy.bucket, Key: recordKey('item_master', exportId), Body }),
  );
}

const message = () => ({
  export_id: newExportId(Date.now()),
  request: { view_name: 'item_master' },
  delivery: {},
  trigger: { kind: 'api' as const },
  created_at: new Date().toISOString(),
});

describe('a create', () => {
  test.each([
    ['an account that is locked', answerWith(423, '', { 'retry-after': '60' }), 503, 'origin-locked', 60],
    [
      'an account that asks for a second factor',
      answerWith(200, '{"requires_2fa":true}'),
      502,
      'second-factor-needed',
      null,
    ],
    ['an account that was never used', answerWith(200, '{"first_signin":true}'), 502, 'first-sign-in-needed', null],
    ['refused credentials', answerWith(401, '{"Code":"User.InvalidCredentials"}'), 502, 'credentials-unusable', null],
    ['a Knosc that is too busy to log in', answerWith(503, '', { 'retry-after': '1000' }), 503, 'origin-busy', 1000],
  ])('with %s is its own failure', async (_name, respond, status, code, retryAfter) => {
    origin.answerLogIn(respond);
    const answer = await create();
    expect(answer.status).toBe(status);
    const told = answer.headers.get('retry-after');
    // The fleet's cool-down goes by S3's clock, which is right to a second.
    const isRight = retryAfter === null ? told === null : Math.abs(Number(told) - retryAfter) <= 1;
    expect(isRight, `retry-after ${told}`).toBe(true);
    expect(await answer.json()).toMatchObject({ status, code, export_id: expect.any(String) });
  });

  test('without S3 is store-failed', async () => {
    await proxy.aws.close();
    const answer = await create();
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'store-failed' });
  });
});

describe('a look at an export', () => {
  test('whose workbook has expired is a 200, its workbook export-gone', async () => {
    const created = z.looseObject({ export_id: z.string() }).parse(await (await create()).json());
    const stored = {
      ...created,
      workbook: {
        key: 'x',
        file_name: 'x.xlsx',
        bytes: 1,
        sha256: 'a',
        content_hash: 'b',
        coverage: 'unknown',
        sheets: [],
      },
      delivery: {},
      revision: 9,
      writer: 'w',
    };
    await putRecord(created.export_id, { ...stored, expires_at: '2026-01-01T00:00:00.000Z' });
    const path = `/exports/item_master/${created.export_id}`;
    expect(await (await at(path)).json()).toMatchObject({ status: 'expired' });
    const gone = await at(`${path}/workbook`);
    expect(gone.status).toBe(410);
    expect(await gone.json()).toMatchObject({ code: 'export-gone', detail: expect.stringContaining('2026-01-01') });
  });

  test('whose three attempts died shows export-abandoned', async () => {
    const given = message();
    const lease = { owner: 'dead', until: '2026-01-01T00:00:00.000Z' };
    await putRecord(given.export_id, {
      ...queuedRecord(given),
      status: 'running',
      attempts: 3,
      started_at: given.created_at,
      lease,
      bytes_so_far: 0,
      revision: 7,
      writer: 'w',
    });
    const { endpoint, region, credentials, accountId } = proxy.aws;
    const sqs = new SQSClient({ endpoint, region, credentials });
    await sqs.send(
      new SendMessageCommand({ QueueUrl: `${endpoint}/${accountId}/exports`, MessageBody: JSON.stringify(given) }),
    );
    const ended = await at(`/exports/item_master/${given.export_id}?wait=20`);
    expect(await ended.json()).toMatchObject({
      status: 'failed',
      attempts: 3,
      problem: { code: 'export-abandoned', status: 500 },
    });
  });

  test('that nothing has ended while its message was kept shows export-abandoned', async () => {
    const given = { ...message(), created_at: '2026-01-01T00:00:00.000Z' };
    await putRecord(given.export_id, { ...queuedRecord(given), revision: 1, writer: 'w' });
    const abandoned = { status: 'failed', problem: { code: 'export-abandoned', status: 500 } };
    expect(await (await at(`/exports/item_master/${given.export_id}`)).json()).toMatchObject(abandoned);
    expect(await (await at('/exports/item_master')).json()).toMatchObject({ exports: [abandoned] });
  });

  test('whose record is broken is internal, and shows nothing inner', async () => {
    const { export_id } = message();
    await putRecord(export_id, { status: 'ready', writer: 'inner words' });
    const answer = await at(`/exports/item_master/${export_id}`);
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', request_id: expect.any(String) });
    expect(text).not.toMatch(/inner words|zod|Invalid/i);
  });
});

test('docs/failures.md describes every failure with its status, and no other', async () => {
  const text = await readFile(new URL('../../../docs/failures.md', import.meta.url), 'utf8');
  const described = [...text.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(
    ([, code, status]) => `${code} ${status}`,
  );
  // It is the gateway that throttles.
  const future = ['too-many-requests'];
  const known = z
    .array(z.custom<keyof typeof failureTitles>())
    .parse(Object.keys(failureTitles).filter((code) => !future.includes(code)));
  const expected = known.map((code) => `${code} ${problemDocument({ code, title: '', detail: '' }).status}`);
  expect(described.toSorted()).toEqual(expected.toSorted());
  for (const code of future) expect(text).toContain(code);
});
