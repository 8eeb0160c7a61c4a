import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What one block of commands said. */
export interface Spoken {
  readonly stdout: string;
  readonly stderr: string;
}

/** A person's bash, block by block: variables and functions stay, as they do in a terminal. */
export interface Shell {
  /** Rejects where a command of the block fails. `typed` is what the person types when asked. */
  run(block: string, options?: { readonly typed?: string }): Promise<Spoken>;
  /** Sets variables, as a person whose own differ from the document's. */
  set(variables: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

interface ShellOptions {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

export async function openShell({ folder, environment }: ShellOptions): Promise<Shell> {
  const directory = await mkdtemp(join(tmpdir(), 'knosc-shell-'));
  const state = join(directory, 'state');
  await writeFile(state, '', { mode: 0o600 });
  const differing = new Map<string, string>();

  return {
    run: async (block, { typed = '' } = {}) => {
      const sets = [...differing].map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'`);
      differing.clear();
      // Bash's own variables are read-only or its own; to set them again is refused, and so passed over.
      const script = [
        `source ${state} 2>/dev/null`,
        ...sets,
        `trap 'declare -p > ${state}; declare -f >> ${state}' EXIT`,
        'set -e -o pipefail',
        block,
      ].join('\n');
      const child = spawn('bash', ['-c', script], { cwd: folder, env: environment });
      // A block that asks nothing may have ended before anything is typed.
      child.stdin.on('error', () => undefined).end(typed);
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      if (code !== 0)
        throw new Error(
          `these commands ended with ${String(code)}:\n${block}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`,
        );
      return { stdout, stderr };
    },
    set: (variables) => {
      for (const [name, value] of Object.entries(variables)) differing.set(name, value);
    },
    close: () => rm(directory, { recursive: true }),
  };
}
