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
  knosc = await startKnosc({ orders: 390_000 });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password } });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
  await rm(directory, { recursive: true });
});

const readySchema = z.object({ workbook: z.object({ bytes: z.number() }), link: z.object({ url: z.string() }) });

async function exportView(view_name: string, body: object = {}): Promise<z.infer<typeof readySchema>> {
  let answer = await fetch(`${proxy.url}/exports/${view_name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const location = answer.headers.get('location');
  while (answer.status === 202 || answer.headers.has('retry-after'))
    answer = await fetch(`${proxy.url}${location}?wait=20`);
  return readySchema.parse(await answer.json());
}

/** The most memory that the whole process takes meanwhile, Knosc's thread and its stream of rows included. */
async function withPeak<T>(work: () => Promise<T>): Promise<{ result: T; peakBytes: number }> {
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 20);
  const result = await work();
  clearInterval(watch);
  return { result, peakBytes };
}

const mib = 2 ** 20;

test("a million rows stream through Knosc's stand-in, the proxy and S3 in the memory of four hundred thousand", async () => {
  await exportView('item_master');
  const idleBytes = process.memoryUsage.rss();
  const part = await withPeak(() => exportView('purchase_order_details', { index: { limit: 400_000 } }));
  const whole = await withPeak(() => exportView('purchase_order_details'));
  const overIdle = [part, whole].map(({ peakBytes }) => Math.round((peakBytes - idleBytes) / mib));
  const { workbook, link } = whole.result;
  console.log(`${workbook.bytes} bytes; MiB over idle for 400,000 rows and for all: ${overIdle.join(', ')}`);

  const file = join(directory, 'million.xlsx');
  const answer = await fetch(link.url);
  if (!answer.body) throw new Error('the link gave no body');
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
  expect((await stat(file)).size).toBe(workbook.bytes);
  expect(await countRows(file)).toBeGreaterThan(1_000_000);
  // More than twice the rows: whatever kept even a fifth of the 700 MiB of sheet would show.
  expect(workbook.bytes).toBeGreaterThan(30 * mib);
  expect(whole.peakBytes - part.peakBytes).toBeLessThan(64 * mib);
});
