import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from '../../support/scripted-origin.ts';
import { smallWorkbook } from '../../support/workbooks.ts';

const maximumConcurrency = 4;

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;
let workbook: Buffer;

beforeAll(async () => {
  workbook = Buffer.from(await smallWorkbook());
});

beforeEach(async () => {
  origin = await startScriptedOrigin();
  origin.answerExport(sendWorkbook(workbook));
  const account = { base_url: origin.url, username: 'export', password: 'secret' };
  proxy = await startExportProxy({ port: 0, account, maximumConcurrency });
});

afterEach(async () => {
  await proxy.close();
  await origin.close();
});

const exportSchema = z.looseObject({ export_id: z.string(), status: z.string() });
const exportCalls = () => origin.calls.filter((call) => call.endsWith('/export-data')).length;

async function create(key: string, signal?: AbortSignal): Promise<z.infer<typeof exportSchema>> {
  const headers = { 'idempotency-key': key };
  const answer = await fetch(`${proxy.url}/exports/item_master`, { method: 'POST', headers, signal: signal ?? null });
  expect(answer.status).toBe(201);
  return exportSchema.parse(await answer.json());
}

/** Creates without waiting, and answers where the export lies. */
async function begin(key: string): Promise<string> {
  const headers = { 'idempotency-key': key, prefer: 'respond-async' };
  const answer = await fetch(`${proxy.url}/exports/item_master`, { method: 'POST', headers });
  await answer.text();
  return answer.headers.get('location') ?? '';
}

test('a caller that gives up and repeats with its key receives the first export, and the origin sees one call', async () => {
  const held = Promise.withResolvers<void>();
  origin.answerExport((request, response) => void held.promise.then(() => sendWorkbook(workbook)(request, response)));
  const giveUp = new AbortController();
  const first = create('intent', giveUp.signal);
  await expect.poll(exportCalls).toBe(1);
  giveUp.abort();
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  const repeat = create('intent');
  held.resolve();
  const { export_id } = await repeat;
  expect((await create('intent')).export_id).toBe(export_id);
  expect(exportCalls()).toBe(1);
  const list = await (await fetch(`${proxy.url}/exports/item_master`)).json();
  expect(list).toMatchObject({ exports: [{ export_id, status: 'ready', attempts: 1 }] });
});

describe('200 creates at once', { timeout: 60_000 }, () => {
  test('of one key give one export and one call of the origin', async () => {
    const shown = await Promise.all(Array.from({ length: 200 }, () => create('the one')));
    expect(new Set(shown.map(({ export_id }) => export_id)).size).toBe(1);
    expect(exportCalls()).toBe(1);
  });

  test('of different keys are all served, and the origin never sees more at once than is set', async () => {
    let running = 0;
    let most = 0;
    const full = Promise.withResolvers<void>();
    origin.answerExport((request, response) => {
      running += 1;
      most = Math.max(most, running);
      if (running === maximumConcurrency) full.resolve();
      // The first ones are held until as many run as may, so that the limit is seen to be reached.
      response.once('close', () => (running -= 1));
      void full.promise.then(() => sendWorkbook(workbook)(request, response));
    });
    const paths = await Promise.all(Array.from({ length: 200 }, (_, key) => begin(`key ${key}`)));
    expect(new Set(paths).size).toBe(200);
    for (const path of paths) {
      const ended = await fetch(`${proxy.url}${path}?wait=20`);
      expect(exportSchema.parse(await ended.json()).status).toBe('ready');
    }
    expect(exportCalls()).toBe(200);
    expect(most).toBe(maximumConcurrency);
  });
});
