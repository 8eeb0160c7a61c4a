import { type ChildProcess, fork } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { nodeOptions } from '../lib/proxy-function.ts';

/** A process of the bench, which answers one question at a time. */
export interface Child {
  ask(question: unknown): Promise<unknown>;
  /** Ends it by its channel. */
  close(): Promise<void>;
}

const replySchema = z.union([z.object({ answer: z.unknown() }), z.object({ failed: z.string() })]);

/** Starts a program of this folder; or a bundle by its whole path, with what Lambda starts Node with. */
export function startChild(program: string): Child {
  const isBundle = isAbsolute(program);
  const path = isBundle ? program : fileURLToPath(new URL(program, import.meta.url));
  // SQLite is still announced as experimental.
  const child = fork(path, {
    execArgv: isBundle ? nodeOptions.split(' ') : ['--disable-warning=ExperimentalWarning'],
  });
  return {
    ask: async (question) => {
      const reply = replySchema.parse(await nextMessage(child, () => child.send(JSON.stringify(question))));
      if ('failed' in reply) throw new Error(`${program} failed: ${reply.failed}`);
      return reply.answer;
    },
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => {
          resolve();
        });
        child.disconnect();
      }),
  };
}

function nextMessage(child: ChildProcess, send: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    const onMessage = (message: unknown) => {
      settle(() => {
        resolve(message);
      });
    };
    const onExit = (code: number | null) => {
      settle(() => {
        reject(new Error(`a process of the bench ended with ${code}`));
      });
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    send();
  });
}
