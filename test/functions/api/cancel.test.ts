import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { objectsUnder } from '../../support/bucket.ts';
import { type ScriptedOrigin, startScriptedOrigin } from '../../support/scripted-origin.ts';
import { smallWorkbook } from '../../support/workbooks.ts';

let origin: ScriptedOrigin;
let proxy: LocalExportProxy;

beforeAll(async () => {
  origin = await startScriptedOrigin();
  const account = { base_url: origin.url, username: 'export', password: 'secret' };
  // A heartbeat is a twelfth of a lease.
  proxy = await startExportProxy({ port: 0, account, leaseSeconds: 3 });
});

afterAll(async () => {
  await proxy.close();
  await origin.close();
});

const exportSchema = z.looseObject({ export_id: z.string(), status: z.string() });

async function ask(method: string, path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${proxy.url}${path}`, { method, headers });
  return exportSchema.parse(await answer.json());
}

test("cancelling a running export closes the origin's connection, and nothing of its bytes stays", async () => {
  const workbook = await smallWorkbook();
  const begun = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  origin.answerExport((_request, response) => {
    response.once('close', closed.resolve);
    response.writeHead(200, { 'content-type': spreadsheetMediaType });
    response.write(workbook.subarray(0, 500), () => begun.resolve());
  });
  const { export_id } = await ask('POST', '/exports/item_master', { prefer: 'respond-async' });
  await begun.promise;

  expect(await ask('DELETE', `/exports/item_master/${export_id}`)).toMatchObject({ status: 'cancelled' });
  await closed.promise;
  expect(await ask('GET', `/exports/item_master/${export_id}`)).toMatchObject({ status: 'cancelled' });
  expect((await fetch(`${proxy.url}/exports/item_master/${export_id}/workbook`)).status).toBe(409);
  expect(await objectsUnder(proxy, 'workbooks/')).toEqual([]);
});

test('a running export tells the bytes that have come so far', async () => {
  const workbook = await smallWorkbook();
  const end = Promise.withResolvers<void>();
  origin.answerExport((_request, response) => {
    response.writeHead(200, { 'content-type': spreadsheetMediaType });
    response.write(workbook.subarray(0, 500));
    void end.promise.then(() => response.end(workbook.subarray(500)));
  });
  const { export_id } = await ask('POST', '/exports/item_master', { prefer: 'respond-async' });
  const path = `/exports/item_master/${export_id}`;
  await expect
    .poll(() => ask('GET', path), { timeout: 10_000 })
    .toMatchObject({ status: 'running', bytes_so_far: 500 });
  end.resolve();
  expect(await ask('GET', `${path}?wait=20`)).toMatchObject({ status: 'ready', workbook: { bytes: workbook.length } });
});
