import { type MessagePort, parentPort } from 'node:worker_threads';
import type { ToJudge } from '../../functions/export/proof/judge-thread.ts';

await import('../../functions/export/proof/judge-worker.ts');

/** The judging thread's program, but that a workbook which begins with 0 ends it, and one with 1 breaks it. */
parentPort?.on('message', (port: MessagePort) => {
  port.on('message', (message: ToJudge) => {
    const first = message === 'end' ? undefined : new Uint8Array(message.memory)[0];
    if (first === 0) process.exit(3);
    if (first === 1) throw new Error('bang');
  });
});
