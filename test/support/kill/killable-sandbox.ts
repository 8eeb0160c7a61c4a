import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import * as z from 'zod';

/** A sandbox in a process of its own that is killed, by SIGKILL, after a number of steps: calls begun, and answers come in. */
export interface KillableSandbox {
  readonly access: z.infer<typeof accessSchema>;
  isAlive(): boolean;
  /** The answer of a call, or undefined for one that the kill left without. */
  call<T>(operation: string, send: () => Promise<T>): Promise<T | undefined>;
  answered(): number;
  /** The operations that were left without an answer. */
  unanswered(): readonly string[];
  readonly dead: Promise<unknown>;
}

const program = fileURLToPath(new URL('sandbox-process.ts', import.meta.url));
const accessSchema = z.object({
  endpoint: z.string(),
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
});

export async function startKillable(folder: string, steps: number): Promise<KillableSandbox> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const dead = once(child, 'exit');
  const [firstLine] = await once(createInterface(child.stdout), 'line');
  let left = steps;
  let answered = 0;
  const unanswered: string[] = [];
  const isAlive = () => left > 0;
  const step = () => {
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  };
  return {
    access: accessSchema.parse(JSON.parse(String(firstLine))),
    isAlive,
    call: async (operation, send) => {
      const answer = send();
      step();
      try {
        const told = await answer;
        answered += 1;
        step();
        return told;
      } catch (error) {
        if (isAlive()) throw error;
        unanswered.push(operation);
        return undefined;
      }
    },
    answered: () => answered,
    unanswered: () => unanswered,
    dead,
  };
}
