import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { failureTitles } from '../../functions/ledger/failure.ts';
import { runExportCommand } from '../../bin/export/run.ts';
import { problemWords } from '../../bin/export/words.ts';
import { type LocalExportProxy, startExportProxy } from '../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { type SlowFront, startSlowFront } from '../support/slow-front.ts';
import { rowsOf } from '../support/workbooks.ts';

let knosc: KnoscSandbox;
let front: SlowFront;
let proxy: LocalExportProxy;
let directory: string;
let folder: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-export-'));
  knosc = await startKnosc({ orders: 50 });
  front = await startSlowFront(knosc.url);
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: front.url, username, password } });
});

beforeEach(async () => {
  folder = await mkdtemp(join(directory, 'out-'));
});

afterAll(async () => {
  await proxy.close();
  await front.close();
  await knosc.close();
  await rm(directory, { recursive: true });
});

/** Runs a command to its end. `onWords` sees what was said on stderr so far, whenever more is. */
async function run(args: readonly string[], options: RunOptions = {}) {
  const { url = proxy.url, signal = new AbortController().signal, onWords } = options;
  const stdout = new PassThrough();
  const stderr = Object.assign(new PassThrough(), options.terminal);
  let words = '';
  stderr.on('data', (chunk) => {
    words += String(chunk);
    onWords?.(words);
  });
  const printed = buffer(stdout);
  const environment = { KNOSC_EXPORT_URL: url };
  const code = await runExportCommand(args, { environment, stdout, stderr, signal });
  stdout.end();
  const bytes = await printed;
  return { code, bytes, stdout: bytes.toString(), stderr: words };
}

interface RunOptions {
  readonly url?: string;
  readonly signal?: AbortSignal;
  readonly terminal?: { readonly isTTY: boolean; readonly columns: number };
  readonly onWords?: (words: string) => void;
}

const exportSchema = z.looseObject({
  export_id: z.string(),
  status: z.string(),
  workbook: z.looseObject({ sha256: z.string() }).optional(),
});

function documentOf(stdout: string) {
  return exportSchema.parse(JSON.parse(stdout));
}

describe('knosc-export VIEW', () => {
  test('saves exactly the rows asked for, prints the file, and says the rest on stderr in plain lines', async () => {
    const out = join(folder, 'po.xlsx');
    const request = [
      '--filter',
      'PO List Document Status=Open',
      '--sort',
      'PO List Quantity:Descending',
      '--limit',
      '7',
    ];
    const { code, stdout, stderr } = await run(['purchase_order_list', '--out', out, ...request]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${out}\n`);
    // An export that has ended at the first look was never seen to wait.
    expect(stderr).toMatch(/^Export \w{26} of purchase_order_list\n((queued|running), 0:\d\d\n)*downloading/);
    expect(stderr).toMatch(/\ndownloading, \S+ k?B of \S+ kB, 0:0\d\nSaved, sha256 proven: \S+ kB\n$/);
    expect(stderr).not.toContain('\r');
    const [, ...rows] = await rowsOf(await readFile(out));
    expect(rows).toHaveLength(7);
    expect(rows.every((row) => row[2] === 'Open')).toBe(true);
    expect(await readdir(folder)).toEqual(['po.xlsx']);
  });

  test('with --json prints one document, and with --quiet not a word', async () => {
    const out = join(folder, 'u.xlsx');
    const { code, stdout, stderr } = await run(['unit_master', '--json', '--quiet', '--out', out]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(documentOf(stdout)).toMatchObject({
      status: 'ready',
      timings_ms: { total: expect.any(Number) },
      workbook: {
        sha256: createHash('sha256')
          .update(await readFile(out))
          .digest('hex'),
      },
    });
  });

  test('writes the workbook to the standard output with --out -, and nothing else', async () => {
    const { code, bytes } = await run(['unit_master', '--out', '-']);
    expect(code).toBe(0);
    expect((await rowsOf(bytes)).length).toBeGreaterThan(1);
  });

  test('prints the link with --no-download, with the lifetime and the name asked for', async () => {
    const { stdout } = await run(['unit_master', '--no-download', '--link-lifetime', '60', '--file-name', 'U.xlsx']);
    const link = new URL(stdout.trim());
    expect(link.searchParams.get('X-Amz-Expires')).toBe('60');
    expect((await fetch(link)).headers.get('content-disposition')).toContain('U.xlsx');
  });

  test('gets the first export again with the same key, and with --max-age', async () => {
    const args = ['unit_master', '--no-download', '--json', '--limit', '3'];
    const first = documentOf((await run([...args, '--key', 'k "1"'])).stdout).export_id;
    expect(documentOf((await run([...args, '--key', 'k "1"'])).stdout).export_id).toBe(first);
    expect(documentOf((await run([...args, '--max-age', '600'])).stdout).export_id).toBe(first);
    expect(documentOf((await run(args)).stdout).export_id).not.toBe(first);
  });

  test('tells a failed export by title, code, detail, what Knosc said and what to do, and exits with 1', async () => {
    const { code, stdout, stderr } = await run(['no_such_view']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('The export of no_such_view failed: Knosc cannot export this view (view-not-exportable)');
    expect(stderr).toContain('  Knosc does not export a view named no_such_view.');
    expect(stderr).toContain('  Knosc said: ExcelExportWithoutExtra: ');
    expect(stderr).toContain('  What to do: check the name; the command views lists');
    expect(stderr).toMatch(/ {2}Export: \w{26}\n/);
  });

  test('prints a failed export with --json, also when its key finds it again', async () => {
    const args = ['no_such_view', '--json', '--quiet', '--key', 'failed'];
    for (const { code, stdout, stderr } of [await run(args), await run(args)]) {
      expect(code).toBe(1);
      expect(documentOf(stdout)).toMatchObject({ status: 'failed', problem: { origin: { status: 400 } } });
      expect(stderr).toContain('view-not-exportable');
    }
  });

  test('prints the problem of a request that never became an export', async () => {
    await run(['unit_master', '--no-download', '--key', 'mine']);
    const { code, stdout, stderr } = await run(['unit_master', '--json', '--key', 'mine', '--limit', '2']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ problem: { code: 'idempotency-mismatch' } });
    expect(stderr).toContain('The proxy refused to begin the export');
    expect(stderr).toContain('give another --key, or none');
  });

  test.each([
    ['a folder that is not there', () => join(folder, 'no', 'x.xlsx'), 'Make it first'],
    ['a folder', () => folder, 'a folder; give a file in it'],
  ])('begins nothing where --out names %s, and exits with 2', async (_name, out, words) => {
    const { code, stderr } = await run(['unit_master', '--out', out()]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('draws one line on a terminal, and takes it away', async () => {
    const letGo = front.hold();
    const terminal = { isTTY: true, columns: 80 };
    const onWords = (words: string) => {
      if (words.includes('[####')) letGo();
    };
    const out = join(folder, 't.xlsx');
    const { code, stderr } = await run(['unit_master', '--out', out], { terminal, onWords });
    expect(code).toBe(0);
    expect(stderr).toContain('\r\u001B[Kqueued ');
    expect(stderr).toMatch(/downloading \[#+\.*\] +\d+ % +\S+ kB/);
    expect(stderr.split('\r\u001B[K').at(-1)).toMatch(/^Saved, sha256 proven: \S+ kB\n$/);
  });

  test('at Ctrl-C leaves the export running, says how to get and cancel it, and exits with 130', async () => {
    const letGo = front.hold();
    const stopping = new AbortController();
    const onWords = (words: string) => {
      if (words.includes('queued')) stopping.abort();
    };
    const { code, stdout, stderr } = await run(['unit_master', '--limit', '4'], { signal: stopping.signal, onWords });
    const [, id = ''] = /Get it: {5}knosc-export get unit_master (\w{26})\n/.exec(stderr) ?? [];
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toContain(`goes on without this program`);
    expect(stderr).toContain(`Cancel it:  knosc-export cancel unit_master ${id}`);
    letGo();
    const got = await run(['get', 'unit_master', id, '--out', join(folder, 'got.xlsx')]);
    expect(got.code).toBe(0);
    expect(await rowsOf(await readFile(join(folder, 'got.xlsx')))).toHaveLength(5);
  });
});

describe('knosc-export get, list, cancel, views', () => {
  test('get of latest saves the newest export that is ready, and fails where there is none', async () => {
    await run(['supplier_master', '--no-download', '--limit', '1']);
    await run(['supplier_master', '--no-download', '--limit', '2']);
    await run(['supplier_master', '--no-download', '--sort', 'No Such Column:Ascending']);
    const out = join(folder, 'latest.xlsx');
    expect(await run(['get', 'supplier_master', 'latest', '--out', out])).toMatchObject({
      code: 0,
      stdout: `${out}\n`,
    });
    expect(await rowsOf(await readFile(out))).toHaveLength(3);
    const none = await run(['get', 'never_exported', 'latest', '--out', out]);
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('None of the latest exports of never_exported has a workbook.');
  });

  test('list tells the newest first, and how to go on', async () => {
    for (const limit of ['1', '2', '3']) await run(['warehouse_master', '--no-download', '--limit', limit]);
    const all = z
      .object({ exports: z.array(exportSchema) })
      .parse(JSON.parse((await run(['list', 'warehouse_master', '--json'])).stdout));
    expect(all.exports.map(({ request }) => request)).toMatchObject([3, 2, 1].map((limit) => ({ index: { limit } })));
    const { code, stdout, stderr } = await run(['list', 'warehouse_master', '--limit', '2']);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^ID +STATUS +CREATED +BYTES +FILE OR FAILURE$/);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.slice(0, 26)),
    ).toEqual(all.exports.slice(0, 2).map(({ export_id }) => export_id));
    const [, cursor = ''] = /Older ones: knosc-export list warehouse_master --cursor (\S+)/.exec(stderr) ?? [];
    const rest = await run(['list', 'warehouse_master', '--cursor', cursor]);
    expect(rest.stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('list says when there is nothing', async () => {
    expect(await run(['list', 'never_exported'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'never_exported has no exports.\n',
    });
  });

  test('cancel ends an export that runs; it has no workbook then', async () => {
    const letGo = front.hold();
    const stopping = new AbortController();
    let id = '';
    const onWords = (words: string) => {
      id = /^Export (\w{26})/.exec(words)?.[1] ?? '';
      if (words.includes('queued')) stopping.abort();
    };
    await run(['unit_master'], { signal: stopping.signal, onWords });
    const cancelled = await run(['cancel', 'unit_master', id]);
    letGo();
    expect(cancelled).toMatchObject({ code: 0, stdout: 'cancelled\n' });
    const got = await run(['get', 'unit_master', id]);
    expect(got).toMatchObject({ code: 1, stdout: '' });
    expect(got.stderr).toContain(`The export ${id} of unit_master was cancelled; there is nothing to download.`);
  });

  test('cancel deletes the workbook of a ready export', async () => {
    const { export_id } = documentOf((await run(['unit_master', '--no-download', '--json'])).stdout);
    expect(await run(['cancel', 'unit_master', export_id])).toMatchObject({ code: 0, stdout: 'deleted\n' });
    expect((await run(['get', 'unit_master', export_id])).stderr).toContain('had its workbook deleted');
  });

  test('views lists name, group and privilege', async () => {
    const { code, stdout } = await run(['views']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^purchase_order_list +Purchase Orders +Procurement$/m);
  });

  test('tells an export that is not there, and exits with 1', async () => {
    const { code, stderr } = await run(['get', 'unit_master', '7ZZZZZZZZZZZZZZZZZZZZZZZZZ']);
    expect(code).toBe(1);
    expect(stderr).toContain('The proxy refused to give the export: There is no such export (export-not-found)');
    expect(stderr).toMatch(/ {2}Request: \S+\n/);
  });
});

describe('help and words', () => {
  test.each([
    [['--help'], ['get VIEW ID|latest', 'KNOSC_EXPORT_URL', 'Exit codes', '130  stopped', 'knosc-export views']],
    [
      ['create', '--help'],
      [
        '--filter',
        '--sort',
        '--limit',
        '--offset',
        '--out',
        '--no-download',
        '--file-name',
        '--link-lifetime',
        '--max-age',
        '--key',
        '--url',
        '--region',
        '--json',
        '--quiet',
        'Examples',
      ],
    ],
    [
      ['help', 'get'],
      ['latest is the newest', '--no-download'],
    ],
    [
      ['help', 'list'],
      ['--limit', '--cursor'],
    ],
    [['help', 'cancel'], ['deletes the workbook']],
    [['help', 'views'], ['--json']],
  ])('%j explains', async (args, words) => {
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    for (const word of words) expect(stdout).toContain(word);
    expect(stdout).not.toContain('PROGRAM');
  });

  test('a wrong command line exits with 2 and points to --help', async () => {
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('VIEW is missing');
    expect(stderr).toContain('knosc-export --help');
  });

  test.each([...Object.keys(failureTitles), 'code-of-a-newer-proxy'])('%s comes with what to do', (code) => {
    expect(problemWords({ code, title: 't', detail: 'd' }, 'It failed')).toMatch(/\n {2}What to do: [\w"].{8,}\.$/m);
  });
});
