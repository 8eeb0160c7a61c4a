import { parentPort } from 'node:worker_threads';
import { createInflateRaw } from 'node:zlib';

/** The judging thread's program, but that it tells when it would close an inflater. */
const prototype: object = Object.getPrototypeOf(createInflateRaw());
Object.assign(prototype, { close: () => parentPort?.postMessage('closed') });

await import('../../functions/export/proof/judge-worker.ts');
