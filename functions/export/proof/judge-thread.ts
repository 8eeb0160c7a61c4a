import { extname, join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Block } from './block-queue.ts';
import type { BeginJudging } from './judge.ts';
import { errorOf, type Verdict } from './verdict.ts';
import type { PartFacts } from './workbook-parts.ts';

export type ToJudge = Block | 'end';
export type FromJudge = { readonly read: ArrayBuffer } | { readonly verdict: Verdict };

type Fail = (error: unknown) => void;

interface Thread {
  readonly worker: Worker;
  /** How to fail each workbook that it judges. */
  readonly failures: Set<Fail>;
}

/**
 * Judges on a thread of its own, beside the one that carries bytes from Knosc to S3. It is started for the first workbook, kept
 * for the next ones, and keeps the process only while it judges. Where it dies, the workbooks that it had are not judged: that is a defect.
 */
export function createJudgeThread(program = workerProgram()): BeginJudging {
  let current: Thread | undefined;

  function start(): Thread {
    // Without the process's own options: some of them say what a program is, and are not for another one.
    const thread = { worker: new Worker(program, { name: 'judge', execArgv: [] }), failures: new Set<Fail>() };
    const end = (error: unknown) => {
      if (current === thread) current = undefined;
      for (const fail of thread.failures) fail(error);
    };
    thread.worker.on('error', end);
    thread.worker.on('exit', (code) => {
      end(new Error(`the thread that judges workbooks ended with ${code}`));
    });
    thread.worker.unref();
    return thread;
  }

  return (onRead) => {
    current ??= start();
    const { worker, failures } = current;
    const { port1: port, port2: itsPort } = new MessageChannel();
    const { promise: judged, resolve, reject } = Promise.withResolvers<PartFacts>();
    const tell = (message: ToJudge, memory: readonly ArrayBuffer[] = []) => {
      port.postMessage(message, memory);
    };

    function close(): void {
      failures.delete(fail);
      if (failures.size === 0) worker.unref();
      port.close();
    }

    function fail(error: unknown): void {
      close();
      reject(error);
    }

    failures.add(fail);
    worker.ref();
    port.on('message', (message: FromJudge) => {
      if ('read' in message) onRead(message.read);
      else if ('facts' in message.verdict) {
        close();
        resolve(message.verdict.facts);
      } else fail(errorOf(message.verdict));
    });
    worker.postMessage(itsPort, [itsPort]);
    return {
      put: (block) => {
        tell(block, [block.memory]);
      },
      end: () => {
        tell('end');
      },
      abandon: () => {
        fail(new Error('the workbook is not read any further'));
      },
      judged,
    };
  };
}

/** Beside this module: as source, and as the bundle of its own that the stack lays beside the function's. */
function workerProgram(): string {
  return join(import.meta.dirname, `judge-worker${extname(import.meta.filename)}`);
}
