import { localHelp, type LocalOptions, parseLocalOptions } from './local-options.ts';
import { runExport } from './local-export.ts';
import { createNarrator, type Narrator } from './local-narrator.ts';
import { saveWorkbook } from './save-workbook.ts';
import { UsageError } from './usage-error.ts';
import { readSettings } from '../lib/settings/read-settings.ts';
import { noSettings, type Settings, SettingsFault } from '../lib/settings/settings.ts';
import { platformOfEnvironment } from '../sandbox/environment-aws.ts';
import { type LocalExportProxy, startExportProxy } from '../sandbox/export-proxy.ts';
import { type LocalSystem, startLocalSystem } from '../sandbox/local-system.ts';
import type { OriginAccount } from '../sandbox/resources.ts';
import { seededUsers } from '../sandbox/knosc/users.ts';
import { startKnosc } from '../sandbox/knosc/start.ts';
import type { LocalWebhook } from '../sandbox/webhook-secrets.ts';

/** `npm start`: the sandbox, one real export, and then an HTTP interface until Ctrl-C. */
async function main(options: LocalOptions, settings: Settings): Promise<void> {
  const narrator = createNarrator(options.json);
  const closing: (() => Promise<void>)[] = [];
  const stop = stopOnce(closing, narrator.say);
  try {
    const system = await start(options, settings, closing, narrator);
    const outcome = await runExport(system.url, options.exportRequest);
    narrator.ended(outcome, options, system);
    if (outcome.isGood && options.out !== undefined) {
      await saveWorkbook(outcome.ready, options.out);
      narrator.say(`  Saved to  ${options.out}`);
    }
    if (options.once) {
      if (!outcome.isGood) process.exitCode = 1;
      await stop();
    } else {
      narrator.webhooks(webhooksOf(system));
      startSchedules(system, options, narrator);
      narrator.serving(outcome, system.url);
    }
  } catch (error) {
    console.error(faultWords(error, options));
    process.exitCode = 1;
    await stop();
  }
}

/** On the AWS of the environment, whose secret names the origin; or on the sandbox's, with its Knosc or another origin. */
async function start(
  options: LocalOptions,
  settings: Settings,
  closing: (() => Promise<void>)[],
  narrator: Narrator,
): Promise<LocalSystem | LocalExportProxy> {
  const { schedules, maximum_concurrency: maximumConcurrency, webhook_throttle: throttle } = settings;
  const systemOptions = {
    port: options.port,
    schedules,
    maximumConcurrency,
    webhookThrottle: { ratePerSecond: throttle.rate_per_second, burst: throttle.burst },
    // Where nobody asks for them, only defects are said.
    ...(options.verbose && { writeLine: (line: string) => console.error(line) }),
  };
  if (options.aws === 'environment') {
    const platform = platformOfEnvironment(process.env, settings);
    const system = await startLocalSystem(platform, systemOptions);
    closing.unshift(system.close);
    narrator.startedOnEnvironment(system, platform);
    return system;
  }
  const account = options.account ?? (await startSandboxKnosc(closing));
  const proxy = await startExportProxy({
    ...systemOptions,
    account,
    dataFolder: options.data,
    workbookDays: settings.workbook_days,
    maximumWorkbookBytes: settings.maximum_workbook_bytes,
    longestLinkSeconds: settings.longest_link_s,
    webhooks: settings.webhooks,
    eventBus: settings.event_bus,
    onEvent: narrator.event,
  });
  closing.unshift(proxy.close);
  narrator.started(proxy, account, options);
  return proxy;
}

/** The secrets of another AWS are not ours to tell. */
function webhooksOf(system: LocalSystem | LocalExportProxy): readonly LocalWebhook[] {
  return 'webhooks' in system ? system.webhooks : [];
}

/** In another AWS its own EventBridge fires them; twice would be once for a cron, and twice for a rate. */
function startSchedules({ scheduler }: LocalSystem, { aws }: LocalOptions, narrator: Narrator): void {
  if (aws === 'environment') narrator.schedulesElsewhere(scheduler.names);
  else narrator.schedules(scheduler.start(narrator.fired));
}

async function startSandboxKnosc(closing: (() => Promise<void>)[]): Promise<OriginAccount> {
  const knosc = await startKnosc();
  closing.push(knosc.close);
  const { username, password } = seededUsers.full;
  return { base_url: knosc.url, username, password };
}

/** The first Ctrl-C closes everything in order; a second one, or a run that does not end in time, ends the process. */
function stopOnce(closing: readonly (() => Promise<void>)[], say: (words: string) => void): () => Promise<void> {
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    const patience = setTimeout(() => process.exit(), 5_000);
    for (const close of closing) await close();
    clearTimeout(patience);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(130);
      say('\nStopping.');
      void stop().then(() => process.exit());
    });
  }
  return stop;
}

function faultWords(error: unknown, { port }: LocalOptions): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `Port ${port} is taken by another program. Choose another one: npm start -- --port ${port + 1}`;
  }
  return error instanceof Error ? error.message : String(error);
}

function parseOrExit(): { readonly options: LocalOptions; readonly settings: Settings } {
  try {
    const options = parseLocalOptions(process.argv.slice(2), process.env);
    return { options, settings: options.help ? noSettings : readSettings(options.settingsFile) };
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof SettingsFault)) throw error;
    console.error(
      error instanceof UsageError ? `${error.message}\nnpm start -- --help tells all options.` : error.message,
    );
    process.exit(2);
  }
}

const { options, settings } = parseOrExit();
if (options.help) console.log(localHelp);
else await main(options, settings);
