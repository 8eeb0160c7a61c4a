import type { Client } from './client.ts';
import { Interrupted } from './interrupted.ts';
import type { Narrator } from './narrator.ts';
import { Unreachable } from './unreachable.ts';

/** What every command works with. */
export interface Context {
  readonly client: Client;
  readonly narrator: Narrator;
  /** Where a workbook goes with `--out -`. */
  readonly stdout: NodeJS.WritableStream;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A command line as the caller would type it, for advice. */
  readonly commandLine: (...words: readonly string[]) => string;
}

/** Does the work; where it is stopped, or loses the proxy, the words say how to go on from there. */
export async function advising<T>({ signal }: Context, words: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw new Interrupted(words, { cause: error });
    if (error instanceof Unreachable) throw new Unreachable(`${error.message}\n${words}`, { cause: error });
    throw error;
  }
}
