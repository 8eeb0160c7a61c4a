import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { type LocalExportProxy, startExportProxy } from '../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { countRows } from '../support/count-rows.ts';

let directory: string;
let knosc: KnoscSandbox;
let proxy: LocalExportProxy;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-long-'));
  // One to five lines each, and one order in eight is only suggested: about a million lines in the view.
  knosc = await startKnosc({ orders: 385_000 });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password } });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
  await rm(directory, { recursive: true });
});

const readySchema = z.object({ workbook: z.object({ bytes: z.number() }), link: z.object({ url: z.string() }) });

async function exportView(view_name: string): Promise<z.infer<typeof readySchema>> {
  let answer = await fetch(`${proxy.url}/exports/${view_name}`, { method: 'POST' });
  const location = answer.headers.get('location');
  while (answer.status === 202 || answer.headers.has('retry-after'))
    answer = await fetch(`${proxy.url}${location}?wait=20`);
  return readySchema.parse(await answer.json());
}

test("a million rows stream through Knosc's stand-in, the proxy and S3 at flat memory", async () => {
  await exportView('item_master');
  const idleBytes = process.memoryUsage.rss();
  let peakBytes = idleBytes;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 50);
  const { workbook, link } = await exportView('purchase_order_details');
  clearInterval(watch);

  const file = join(directory, 'million.xlsx');
  const answer = await fetch(link.url);
  if (!answer.body) throw new Error('the link gave no body');
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
  expect((await stat(file)).size).toBe(workbook.bytes);
  // The whole process, Knosc's thread and its stream of rows included. Collecting the workbook alone would exceed it.
  console.log(`${workbook.bytes} bytes, ${Math.round((peakBytes - idleBytes) / 2 ** 20)} MiB over idle`);
  expect(workbook.bytes).toBeGreaterThan(30 * 2 ** 20);
  expect(peakBytes - idleBytes).toBeLessThan(400 * 2 ** 20);
  expect(await countRows(file)).toBeGreaterThan(1_000_000);
});
