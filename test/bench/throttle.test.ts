import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { canThrottle, throttle } from '../../bench/throttle.ts';

/** Spins for 200 ms of a processor, and tells how long that took by the clock. */
const program = `
process.once('message', () => {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  let used = 0;
  while (used < 200_000) { const { user, system } = process.cpuUsage(before); used = user + system; }
  process.send(performance.now() - startedMs);
});`;

test.runIf(canThrottle())('a process has no more than its share of a processor, and all again afterwards', async () => {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = throttle(child.pid ?? 0, 0.25);
  onTestFinished(end);
  child.send('spin');
  const [tookMs]: unknown[] = await once(child, 'message');
  end();
  // A quarter of a processor needs 800 ms for it, less the 20 ms that it may save; a busy machine gives it less.
  expect(tookMs).toBeGreaterThan(740);
  await once(child, 'exit');
});
