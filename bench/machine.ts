import { availableParallelism, arch, cpus, release, totalmem, type } from 'node:os';

/** The machine in one line, as Node's `os` module tells of it. */
export function describeMachine(): string {
  const models = [...new Set(cpus().map(({ model }) => model.trim() || 'a processor without a name'))].join(', ');
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${models}, ${availableParallelism()} of ${cpus().length} cores, ${memory}, ${type()} ${release()} ${arch()}, Node ${process.versions.node}`;
}
