import { type MessagePort, parentPort } from 'node:worker_threads';
import type { ToJudge } from '../../functions/export/proof/judge-thread.ts';

await import('../../functions/export/proof/judge-worker.ts');

/** The judging thread's program, but that a workbook which begins with a zero is the death of it. */
parentPort?.on('message', (port: MessagePort) => {
  port.on('message', (message: ToJudge) => {
    if (message !== 'end' && new Uint8Array(message.memory)[0] === 0) process.exit(3);
  });
});
