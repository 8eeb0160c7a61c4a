import { describe, expect, test } from 'vitest';
import { createGetExport } from '../../../functions/api/get-export.ts';
import { parseEvent } from '../../../functions/api/http-request.ts';
import type { ExportRecord, ReadyRecord } from '../../../functions/ledger/record.ts';

const record: ReadyRecord = {
  revision: 3,
  writer: 'w',
  export_id: '7YBQS42K035X48B15W695PK8BV',
  view_name: 'item_master',
  status: 'ready',
  attempts: 1,
  trigger: { kind: 'api' },
  request: { view_name: 'item_master' },
  delivery: {},
  created_at: '2026-11-23T10:15:00.000Z',
  started_at: '2026-11-23T10:15:00.500Z',
  finished_at: '2026-11-23T10:15:01.000Z',
  expires_at: '2026-11-30T10:15:01.000Z',
  workbook: {
    key: 'secret-place',
    file_name: 'x.xlsx',
    bytes: 1,
    sha256: 'a',
    content_hash: 'b',
    coverage: 'unknown',
    sheets: [],
  },
  timings_ms: { queue: 0, login: 0, origin_first_byte: 0, transfer: 0, total: 0 },
};

const event = (iam?: object) => ({
  requestContext: {
    requestId: 'r',
    timeEpoch: 0,
    http: { method: 'GET', path: '/' },
    ...(iam && { authorizer: { iam } }),
  },
  pathParameters: { view_name: record.view_name, export_id: record.export_id },
});

function getExportAt(time: string, found: ExportRecord = record) {
  const link = { url: 'https://link', expires_at: '' };
  return createGetExport({
    waitForEnd: () => Promise.resolve(found),
    exportList: { latest: () => Promise.resolve(found) },
    makeLink: () => Promise.resolve(link),
    now: () => Date.parse(time),
  });
}

describe('a ready export', () => {
  test('has a link, and nothing of the ledger, until its workbook expires', async () => {
    const answer = await getExportAt('2026-11-30T10:15:00.999Z').export(parseEvent(event()));
    expect(JSON.parse(answer.body)).toMatchObject({ status: 'ready', link: { url: 'https://link' } });
    expect(answer.body).not.toMatch(/secret-place|revision|writer/);
  });

  test('reads as expired, without a link, from then on', async () => {
    const { export: get, workbook } = getExportAt('2026-11-30T10:15:01.000Z');
    const answer = await get(parseEvent(event()));
    expect(JSON.parse(answer.body)).toMatchObject({ status: 'expired' });
    expect(JSON.parse(answer.body)).not.toHaveProperty('link');
    await expect(workbook(parseEvent(event()))).rejects.toMatchObject({ code: 'export-gone' });
  });
});

describe('an export that has ended without a workbook', () => {
  const { started_at: _s, expires_at: _e, workbook: _w, timings_ms: _t, ...ended } = record;

  test.each<[string, ExportRecord, string]>([
    ['was cancelled', { ...ended, status: 'cancelled' }, 'export-failed'],
    ['was deleted', { ...record, status: 'deleted', deleted_at: '2026-11-24T00:00:00.000Z' }, 'export-gone'],
  ])('since it %s tells its status and leads to no workbook', async (_name, found, code) => {
    const { export: get, workbook } = getExportAt('2026-11-24T00:00:00.000Z', found);
    const answer = await get(parseEvent(event()));
    expect(JSON.parse(answer.body)).toMatchObject({ status: found.status });
    expect(answer.body).not.toMatch(/link|secret-place/);
    await expect(workbook(parseEvent(event()))).rejects.toMatchObject({ code });
  });
});

describe('a caller', () => {
  test.each([
    ['an assumed role, without its session name', 'AROAEXAMPLE:somebody@laptop', 'AROAEXAMPLE'],
    ['a user', 'AIDAEXAMPLE', 'AIDAEXAMPLE'],
  ])('is %s', (_name, userId, caller) => {
    expect(parseEvent(event({ userId })).caller).toBe(caller);
  });

  test('is nobody on an open route', () => {
    expect(parseEvent(event()).caller).toBeUndefined();
  });
});

test('a body is the same bytes whether the gateway sends it as text or in base64', () => {
  const text = '{"ü":1}';
  const plain = parseEvent({ ...event(), body: text });
  const encoded = parseEvent({ ...event(), body: Buffer.from(text).toString('base64'), isBase64Encoded: true });
  expect([plain.body.toString(), encoded.body.toString()]).toEqual([text, text]);
});

test('a part of the event that is null is as good as absent', () => {
  const nothing = { headers: null, pathParameters: null, queryStringParameters: null, body: null };
  expect(parseEvent({ ...event(), ...nothing })).toMatchObject({
    headers: {},
    pathParameters: {},
    query: {},
    caller: undefined,
  });
});
