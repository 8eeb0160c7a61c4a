import { runExportCommand } from './export/run.ts';

/** `npm run export` and `knosc-export`. The first Ctrl-C ends what can be ended well; a second one ends the process. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  });
}
// Whoever read us has gone (`| head`): there is nobody to tell.
process.stdout.on('error', () => process.exit(1));

process.exitCode = await runExportCommand(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopping.signal,
});
