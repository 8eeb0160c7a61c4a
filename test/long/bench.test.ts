import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../bin/bench.ts', import.meta.url));
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-bench-test-'));
});

afterAll(() => rm(directory, { recursive: true }));

describe('npm run bench', () => {
  test('measures every variant, and writes what it prints', { timeout: 300_000 }, async () => {
    const out = join(directory, 'results.md');
    const args = ['--sizes', '1', '--rounds', '1', '--cold-starts', '1', '--out', out];
    const { stdout } = await run(process.execPath, [program, ...args]);
    expect(stdout.trimEnd()).toBe((await readFile(out, 'utf8')).trimEnd());
    expect(stdout).toContain('### 1 MiB, chunks as the socket gives them');
    expect(stdout).toContain('### 1 MiB, in chunks of 100 bytes');
    for (const variant of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect(stdout).toMatch(new RegExp(String.raw`\| \(${variant}\) \| .+ \| \d+\.\d \|`));
    }
    expect(stdout).toMatch(/\| \(a\) .+ \| \d+\.\d\d s \| \d+\.\d\d s \| \d+\.\d\d s \|/);
    expect(stdout).toMatch(/\| what \(a\) would reach of \(e\), .+ \| \d+\.\d\d \|/);
    expect(stdout).toMatch(/Ratios: a\/e \d\.\d\d · b\/c \d+\.\d\d/);
    expect(stdout).toContain('s3 PutObject knosc-exports/workbooks/item_master/{export_id}/1.xlsx');
    expect(stdout).toContain('POST /api/export-data');
    expect(stdout).toMatch(/\| api \| {2}\| \d+ KiB \| \d+ ms/);
    expect(stdout).toMatch(/\| export \| @aws-sdk\/client-s3 \| \d+ KiB \| \d+ ms/);
    // A machine that other things keep busy may leave no size that keeps the rule.
    const wholeProcessor = /### The export function: [\s\S]*\| 1,769 \| 100 % \| \d+(\.\d)? m?s, \d+(\.\d)? m?s \|/;
    expect(stdout).toMatch(process.platform === 'linux' ? wholeProcessor : /this needs Linux/);
    expect(stdout).not.toMatch(/NaN|undefined|does not start/);
  });

  test.each([
    ['a size that is no number', ['--sizes', '1,x'], 'give whole numbers'],
    ['sizes without the small one', ['--sizes', '64'], '--sizes needs 1 among them'],
    ['results that are not there', ['--memory-sizes', '--out', '/nowhere/results.md'], 'cannot be read'],
    ['an option that it does not know', ['--slow'], "Unknown option '--slow'"],
  ])('refuses %s, and points to --help', async (_name, args, words) => {
    await expect(run(process.execPath, [program, ...args])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(new RegExp(String.raw`${words}[\s\S]*--help`)),
    });
  });
});
