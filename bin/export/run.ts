import { randomUUID } from 'node:crypto';
import { UsageError } from '../usage-error.ts';
import { cancelCommand } from './cancel-command.ts';
import { createClient } from './client.ts';
import type { Context } from './context.ts';
import { createCommand } from './create-command.ts';
import { deliver } from './deliver.ts';
import { followExport } from './follow.ts';
import { helpOn } from './help.ts';
import { Interrupted } from './interrupted.ts';
import { listCommand } from './list-command.ts';
import { createNarrator, type Narrator, type Output } from './narrator.ts';
import { type ExportCommand, parseExportCommand } from './options.ts';
import { Refused } from './refused.ts';
import { runScheduleCommand } from './run-schedule-command.ts';
import { Unreachable } from './unreachable.ts';
import { viewsCommand } from './views-command.ts';
import { problemWords } from './words.ts';

interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** `knosc-export`, from its arguments to its exit code; all that can happen is told in words on stderr. */
export async function runExportCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { environment, stdout, stderr } = surroundings;
  const program = environment['npm_lifecycle_event'] === 'export' ? 'npm run export --' : 'knosc-export';
  try {
    const command = parseExportCommand(args, environment);
    if (command.name !== 'help') return await runOnProxy(command, program, surroundings);
    stdout.write(helpOn(command.topic, program));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`${error.message}\n${program} --help tells all commands and options.\n`);
    return 2;
  }
}

type ProxyCommand = Exclude<ExportCommand, { name: 'help' }>;

async function runOnProxy(command: ProxyCommand, program: string, surroundings: Surroundings): Promise<number> {
  const { signal } = surroundings;
  const narrator = createNarrator({ ...surroundings, ...command, now: () => performance.now() });
  const { url, region, options } = command.address;
  // Only who signs pays for the AWS credential chain.
  const sign = region === undefined ? undefined : (await import('./signer.ts')).createSigner(region);
  const context: Context = {
    client: createClient({ url, sign, signal }),
    narrator,
    stdout: surroundings.stdout,
    signal,
    commandLine: (...words) => [program, ...words, ...options].join(' '),
  };
  try {
    return await runCommand(command, context);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return failed(error, command, narrator, signal);
  }
}

async function runCommand(command: ProxyCommand, context: Context): Promise<number> {
  switch (command.name) {
    case 'create':
      return createCommand(command, context, randomUUID);
    case 'get': {
      const found = await context.client.get(command.viewName, command.exportId, 0);
      return deliver(await followExport(found, context), command, context);
    }
    case 'list':
      return listCommand(command, context);
    case 'cancel':
      return cancelCommand(command, context);
    case 'run-schedule':
      return runScheduleCommand(command, context);
    case 'views':
      return viewsCommand(context);
  }
}

function failed(error: unknown, { name }: ProxyCommand, narrator: Narrator, signal: AbortSignal): number {
  if (signal.aborted) {
    narrator.complain(error instanceof Interrupted ? `Stopped.\n${error.message}` : 'Stopped.');
    return 130;
  }
  if (error instanceof Unreachable) {
    narrator.complain(error.message);
    return 3;
  }
  if (error instanceof Refused) {
    narrator.document({ problem: error.problem });
    narrator.complain(problemWords(error.problem, `The proxy refused to ${deeds[name]}`));
    return 1;
  }
  narrator.complain(error instanceof Error ? error.message : String(error));
  return 1;
}

const deeds = {
  create: 'begin the export',
  get: 'give the export',
  list: 'list the exports',
  cancel: 'cancel the export',
  'run-schedule': 'run the schedule',
  views: 'list the views',
} as const satisfies Record<ProxyCommand['name'], string>;
