import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { parseLocalOptions } from '../../bin/local-options.ts';
import { startExportProxy, type LocalExportProxy } from '../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { rowsOf } from '../support/workbooks.ts';

const run = promisify(execFile);
const fileAt = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let directory: string;
let readme: string;
let knosc: KnoscSandbox;
let proxy: LocalExportProxy;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-readme-'));
  readme = await readFile(fileAt('README.md'), 'utf8');
  knosc = await startKnosc({ orders: 200 });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password } });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
  await rm(directory, { recursive: true });
});

/** The README's curl lines, as a person would paste them. */
function curlLines(): readonly string[] {
  return [...readme.matchAll(/^curl .*$/gm)].map(([line]) => line.replaceAll('http://127.0.0.1:3000', proxy.url));
}

test("the README's call answers the README's kind of JSON", async () => {
  const [line = ''] = curlLines();
  const { stdout } = await run('bash', ['-c', `${line} --silent`], { cwd: directory });
  const answer = z.looseObject({}).parse(JSON.parse(stdout));
  const [, example = ''] = /```json\n([^`]*)```/.exec(readme) ?? [];
  expect(Object.keys(answer)).toEqual(Object.keys(z.looseObject({}).parse(JSON.parse(example))));
  expect(answer['status']).toBe('ready');
});

test("the README's download ends with a workbook", async () => {
  const [, line = ''] = curlLines();
  await run('bash', ['-c', `${line} --silent`], { cwd: directory });
  expect((await rowsOf(await readFile(join(directory, 'po.xlsx')))).length).toBeGreaterThan(100);
});

const wordsOf = (args: string) =>
  [...args.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
/** What stands behind such a command in the README's blocks, line by line. */
const argumentsOf = (command: string) =>
  [...readme.matchAll(new RegExp(`^(?:\\S+=\\S+ )*${command} (.*)$`, 'gm'))].map(([, args = '']) => wordsOf(args));

test('every npm start line of the README is understood', () => {
  const lines = argumentsOf('npm start --');
  expect(lines.map(([first]) => first)).toEqual(['--once', '--once', '--data', '--settings', '--aws']);
  for (const words of lines) expect(parseLocalOptions(words, { KNOSC_PASSWORD: 'x' }).help).toBe(false);
});

test.each([
  ['keeps its data', '--data', 'npx knosc-export', 'purchase_order_list'],
  ['has settings', '--settings', 'npm run export --', 'run-schedule'],
])('the npm start that %s serves the command line as the README writes it', async (_name, option, command, first) => {
  const words = argumentsOf('npm start --').find(([begin]) => begin === option) ?? [];
  const call = argumentsOf(command).find(([begin, , ...others]) => begin === first && !others.includes('--url')) ?? [];
  await cp(fileAt('settings.example.json'), join(directory, 'settings.example.json'));
  const child = spawn(process.execPath, [fileAt('bin/local.ts'), ...words, '--port', '0'], { cwd: directory });
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
      const [, serving] = /Serving on (\S+) until/.exec(said) ?? [];
      if (serving !== undefined) resolve(serving);
    });
  });
  const environment = { ...process.env, KNOSC_EXPORT_URL: url };
  await run(process.execPath, [fileAt('bin/export.ts'), ...call], { cwd: directory, env: environment });
  expect((await rowsOf(await readFile(join(directory, 'po.xlsx')))).length).toBeGreaterThan(0);
  await rm(join(directory, 'po.xlsx'));
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('what npm run sandbox says to paste works, up to the workbook', async () => {
  const child = spawn(process.execPath, [fileAt('bin/sandbox.ts'), '--port', '0', '--orders', '100']);
  const words = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk) => {
      resolve(String(chunk));
    });
  });
  const [, lines = '', plays = ''] =
    /shows it\n([^]*)\n\nLet it fail[^\n]*\n([^]*)\n\nThrough the proxy/.exec(words) ?? [];
  await run('bash', ['-ec', lines], { cwd: directory });
  const played = await run('bash', ['-ec', plays], { cwd: directory });
  expect(played.stdout).toContain('"play":"wrong-length"');
  expect(played.stdout).toContain('{"play":"cut","times":1,"path":"/api/export-data","at_byte":5000}');
  expect((await rowsOf(await readFile(join(directory, 'purchase-orders.xlsx')))).length).toBeGreaterThan(50);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
