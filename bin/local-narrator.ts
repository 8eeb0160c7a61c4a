import * as z from 'zod';
import type { BusEvent } from '../sandbox/aws/event-bridge.ts';
import type { LocalExportProxy } from '../sandbox/export-proxy.ts';
import type { LocalSystem, Platform } from '../sandbox/local-system.ts';
import type { OriginAccount } from '../sandbox/resources.ts';
import { localTime } from '../sandbox/scheduler/local-time.ts';
import type { Fired, ScheduleStatus } from '../sandbox/scheduler/scheduler.ts';
import type { LocalWebhook } from '../sandbox/webhook-secrets.ts';
import type { Outcome } from './local-export.ts';
import type { LocalOptions } from './local-options.ts';

/** Says what happens, in words a person wants. With `--json` all words go to stderr and stdout has the one JSON line. */
export interface Narrator {
  readonly say: (words: string) => void;
  started(proxy: LocalExportProxy, account: OriginAccount, options: LocalOptions): void;
  startedOnEnvironment(system: LocalSystem, platform: Platform): void;
  ended(outcome: Outcome, options: LocalOptions, system: LocalSystem): void;
  webhooks(webhooks: readonly LocalWebhook[]): void;
  schedules(statuses: readonly ScheduleStatus[]): void;
  schedulesElsewhere(names: readonly string[]): void;
  readonly fired: (fired: Fired) => void;
  serving(outcome: Outcome, url: string): void;
  /** Something has arrived on the event bus. */
  readonly event: (event: BusEvent) => void;
}

export function createNarrator(isJson: boolean): Narrator {
  const say = isJson ? console.error : console.log;
  const startedMs = performance.now();
  return {
    say,
    started: ({ url, aws }, { base_url, username }, { account, data }) => {
      say(`Knosc Export Proxy, on this machine (started in ${seconds(performance.now() - startedMs)})\n`);
      say(`  Knosc    ${base_url}   ${account ? 'your origin' : 'the sandbox'}, as ${username}`);
      say(`  AWS      ${aws.endpoint}   the sandbox: S3, Secrets Manager, SQS, STS, EventBridge`);
      if (data !== undefined) say(`  Data     ${data}   kept for the next start with --data`);
      say(`  Gateway  ${url}   HTTP in, as API Gateway would\n`);
    },
    startedOnEnvironment: ({ url }, { region, environment }) => {
      say(`Knosc Export Proxy, on the AWS of the environment\n`);
      say(`  AWS      ${process.env['AWS_ENDPOINT_URL'] ?? region}   bucket ${environment.BUCKET_NAME}`);
      say(`  Gateway  ${url}   HTTP in, as API Gateway would\n`);
    },
    ended: (outcome, options, system) => {
      if (outcome.isGood) sayReady(say, outcome, system, options);
      else sayFailed(say, outcome, options.exportRequest.view_name);
      if (isJson) console.log(JSON.stringify(outcome.document));
    },
    webhooks: (webhooks) => {
      if (webhooks.length > 0) say('');
      for (const { name, url, secret } of webhooks) say(`  Webhook   ${name}  POST ${url}  signed with ${secret}`);
    },
    schedules: (statuses) => {
      if (statuses.length > 0) say('');
      for (const status of statuses) say(`  Schedule  ${scheduleWords(status)}`);
    },
    schedulesElsewhere: (names) => {
      if (names.length === 0) return;
      say(
        `\n  Schedules  ${names.join(', ')}: fired by the EventBridge Scheduler of that AWS where they are deployed, not here`,
      );
    },
    fired: ({ name, schedule, fireTime, fault }) => {
      const due = localTime(Date.parse(fireTime), schedule.time_zone);
      if (fault === undefined) say(`Schedule ${name} has fired for ${due}: exporting ${schedule.export.view_name}`);
      else say(`Schedule ${name} could not fire for ${due}: ${fault instanceof Error ? fault.message : 'no word why'}`);
    },
    serving: (outcome, url) => {
      if (outcome.isGood) sayTryNext(say, outcome.ready.view_name, url);
      say(`\nServing on ${url} until Ctrl-C.`);
    },
    event: (event) => say(`  Event     ${eventWords(event)}`),
  };
}

function scheduleWords({ name, schedule, nextMs }: ScheduleStatus): string {
  const { expression, time_zone, enabled } = schedule;
  const never = enabled ? 'never fires again' : 'not enabled';
  return `${name}  ${expression} ${time_zone}  ${nextMs === undefined ? never : `next ${localTime(nextMs, time_zone)}`}`;
}

function sayReady(
  say: Narrator['say'],
  { ready, totalMs }: Extract<Outcome, { isGood: true }>,
  system: LocalSystem,
  options: LocalOptions,
): void {
  const { view_name, workbook, link, timings_ms } = ready;
  say(`Exported ${view_name} in ${seconds(totalMs)}:`);
  say(`${milliseconds(timings_ms.queue)}  from the call through the queue to the export function`);
  say(`${milliseconds(timings_ms.login)}  logging in to Knosc`);
  say(`${milliseconds(timings_ms.origin_first_byte)}  until Knosc began to answer`);
  say(
    `${milliseconds(timings_ms.transfer)}  streaming ${workbook.bytes.toLocaleString('en')} bytes to S3, proving them on the way\n`,
  );
  say(`  Workbook  ${system.placeOf(ready)}`);
  say(`  Link      ${link.url}`);
  say(
    `            ends ${options.once && options.aws === 'sandbox' ? 'with this command: --once stops the sandbox that serves it' : `at ${link.expires_at}`}`,
  );
}

const detailSchema = z.looseObject({
  view_name: z.string(),
  export_id: z.string(),
  workbook: z.looseObject({ bytes: z.number() }).optional(),
  problem: z.looseObject({ code: z.string() }).optional(),
});

function eventWords({ 'detail-type': type, detail }: BusEvent): string {
  const { data } = detailSchema.safeParse(detail);
  if (!data) return type;
  const { view_name, export_id, workbook, problem } = data;
  const end = workbook ? `${workbook.bytes.toLocaleString('en')} bytes` : problem?.code;
  return [type, view_name, export_id, end].filter((word) => word !== undefined).join('  ');
}

function sayTryNext(say: Narrator['say'], viewName: string, url: string): void {
  say('\nTry next');
  say(`  curl -fL -H 'accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' \\`);
  say(`       -H 'content-type: application/json' -d '{"view_name":"${viewName}"}' \\`);
  say(`       -o ${viewName}.xlsx ${url}/api/export-data`);
}

function sayFailed(
  say: Narrator['say'],
  { problem, totalMs }: Extract<Outcome, { isGood: false }>,
  viewName: string,
): void {
  say(`The export of ${viewName} failed after ${seconds(totalMs)}: ${problem.title} (${problem.code})`);
  say(`  ${problem.detail}`);
  const { Code, Message } = problem.origin ?? {};
  if (Code !== undefined || Message !== undefined) say(`  Knosc said: ${[Code, Message].filter(Boolean).join(': ')}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function milliseconds(ms: number): string {
  return `${String(ms).padStart(7)} ms`;
}
