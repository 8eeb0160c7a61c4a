import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalExportProxy, startExportProxy } from '../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { rowsOf } from '../support/workbooks.ts';

const program = fileURLToPath(new URL('../../bin/knosc-export.mjs', import.meta.url));
let directory: string;
let knosc: KnoscSandbox;
let proxy: LocalExportProxy;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-export-process-'));
  knosc = await startKnosc({ orders: 50 });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password } });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
  await rm(directory, { recursive: true });
});

/** The modules that every start compiles are compiled once for all of them. */
function environment(): Record<string, string> {
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return { PATH: path, KNOSC_EXPORT_URL: proxy.url, NODE_COMPILE_CACHE: join(directory, 'compile-cache') };
}

function start(command: string, args: readonly string[], more: Record<string, string> = {}): ChildProcess {
  return spawn(command, args, { cwd: directory, env: { ...environment(), ...more } });
}

async function ended(child: ChildProcess) {
  const textOf = (stream: ChildProcess['stdout']) => (stream ? text(stream) : '');
  const [stdout, stderr, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: Number(code) };
}

describe('the program knosc-export', () => {
  test("saves under the export's own name in the current folder, and exits with 0", async () => {
    const { code, stdout } = await ended(start(program, ['unit_master', '--limit', '2', '--quiet']));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^unit_master-\d{8}T\d{6}Z\.xlsx\n$/);
    expect(await rowsOf(await readFile(join(directory, stdout.trim())))).toHaveLength(3);
  });

  test('exits with 1, 2 and 3 as its help says', async () => {
    const none = { KNOSC_EXPORT_URL: '' };
    const [failed, wrong, unreachable] = await Promise.all([
      ended(start(program, ['no_such_view'])),
      ended(start(program, ['--onse'])),
      ended(start(program, ['views', '--url', 'http://127.0.0.1:7'], none)),
    ]);
    expect([failed.code, wrong.code, unreachable.code]).toEqual([1, 2, 3]);
    expect(wrong.stderr).toContain("Unknown option '--onse'");
    expect(unreachable.stderr).toContain('could not be reached');
  });

  test('at SIGINT says how to go on, and exits with 130', async () => {
    await fetch(`${knosc.url}/sandbox/plays`, { method: 'POST', body: '{"play": "silent"}' });
    const child = start(program, ['item_master'], { npm_lifecycle_event: 'export' });
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await ended(child);
    expect(code).toBe(130);
    const [, id = ''] = /Cancel it: {2}npm run export -- cancel item_master (\w{26})/.exec(stderr) ?? [];
    expect((await ended(start(program, ['cancel', 'item_master', id]))).stdout).toBe('cancelled\n');
  });

  test.skipIf(spawnSync('script', ['--version']).status !== 0)('draws a bar on a real terminal', async () => {
    const command = `stty cols 70; '${program}' unit_master --out t.xlsx`;
    const { code, stdout } = await ended(start('script', ['-qec', command, '/dev/null']));
    expect(code).toBe(0);
    expect(stdout).toContain('\r\u001B[Kqueued');
    expect(stdout).toMatch(/downloading \[#+\] 100 %/);
    expect(stdout).toContain('\r\u001B[KSaved, sha256 proven: ');
  });

  test("runs on the project's own Node where the system's is older, and hands its exit code on", async () => {
    const folder = await mkdtemp(join(directory, 'old-'));
    await mkdir(join(folder, 'bin'));
    await mkdir(join(folder, 'node_modules', 'node', 'bin'), { recursive: true });
    await writeFile(join(folder, 'bin', 'knosc-export.mjs'), await readFile(program));
    await writeFile(join(folder, 'bin', 'export.ts'), 'const code: number = 7; process.exit(code);');
    await writeFile(join(folder, 'bin', 'check-node.mjs'), 'console.error("no Node 24"); process.exit(1);');
    const old = join(folder, 'old.mjs');
    await writeFile(old, "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });");
    const run = () => ended(start(process.execPath, ['--import', old, join(folder, 'bin', 'knosc-export.mjs')]));
    expect(await run()).toMatchObject({ code: 1, stderr: 'no Node 24\n' });
    const ownNode = join(folder, 'node_modules', 'node', 'bin', 'node');
    await symlink(process.execPath, ownNode);
    await chmod(ownNode, 0o755);
    expect(await run()).toMatchObject({ code: 7 });
  });
});
