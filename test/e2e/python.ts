import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const requirements = join(root, 'test', 'e2e', 'requirements.txt');

/** The programs of the project's own virtual environment. */
export const pythonPrograms = join(root, '.venv', 'bin');

/**
 * Vitest's global set-up: the virtual environment, made anew whenever requirements.txt has changed. Python is the one thing that
 * this project cannot bring along, so its absence is said, never passed over.
 */
export async function setup(): Promise<void> {
  const wanted = await readFile(requirements, 'utf8');
  const installed = join(root, '.venv', 'requirements.txt');
  if ((await readFile(installed, 'utf8').catch(() => '')) === wanted) return;
  try {
    await run('python3', ['-c', 'import sys, venv, ensurepip; assert sys.version_info >= (3, 11), sys.version']);
  } catch (cause) {
    throw new Error(
      'npm run e2e needs python3, 3.11 or later, with its venv module (Debian: apt-get install python3-venv), for the AWS emulator ministack.',
      { cause },
    );
  }
  await rm(join(root, '.venv'), { recursive: true, force: true });
  await run('python3', ['-m', 'venv', join(root, '.venv')]);
  await run(join(pythonPrograms, 'pip'), ['install', '--quiet', '--requirement', requirements]);
  await writeFile(installed, wanted);
}
