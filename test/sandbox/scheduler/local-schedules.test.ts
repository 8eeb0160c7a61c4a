import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { scheduleSchema } from '../../../lib/settings/schedule.ts';
import { scheduledInput } from '../../../lib/settings/scheduled-input.ts';
import { type LocalExportProxy, startExportProxy } from '../../../sandbox/export-proxy.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import type { Fired } from '../../../sandbox/scheduler/scheduler.ts';

let knosc: KnoscSandbox;
let proxy: LocalExportProxy;

// A status that none has, so that the filter's date alone is what is looked at.
const schedules = {
  minutely: scheduleSchema.parse({
    expression: 'rate(1 minute)',
    export: { view_name: 'unit_master', filters: { 'Unit Code': ['EA', '{year_start}'] } },
  }),
  yearly: scheduleSchema.parse({
    expression: 'cron(0 0 1 1 ? *)',
    time_zone: 'Asia/Kathmandu',
    export: { view_name: 'supplier_master', filters: { 'Supplier Name': '{today}' } },
    delivery: { file_name: 'suppliers' },
  }),
};

beforeAll(async () => {
  knosc = await startKnosc({ orders: 50 });
  const { username, password } = seededUsers.full;
  proxy = await startExportProxy({ port: 0, account: { base_url: knosc.url, username, password }, schedules });
});

afterAll(async () => {
  await proxy.close();
  await knosc.close();
});

const listSchema = z.object({
  exports: z.array(
    z.looseObject({
      export_id: z.string(),
      status: z.string(),
      trigger: z.looseObject({ kind: z.string(), fire_time: z.string().optional() }),
    }),
  ),
});

async function exportsOf(viewName: string) {
  return listSchema.parse(await (await fetch(`${proxy.url}/exports/${viewName}`)).json()).exports;
}

async function endedExportsOf(viewName: string, count: number) {
  const ended = await vi.waitFor(
    async () => {
      const found = await exportsOf(viewName);
      expect(found.filter(({ status }) => !['queued', 'running'].includes(status))).toHaveLength(count);
      return found;
    },
    { timeout: 20_000, interval: 100 },
  );
  return ended;
}

async function send(body: string): Promise<void> {
  const { endpoint, region, credentials } = proxy.aws;
  const sqs = new SQSClient({ endpoint, region, credentials });
  const url = `${endpoint}/${proxy.aws.accountId}/exports`;
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
}

describe('a schedule of the local system', () => {
  test('fires once it is started, and its export is ready as any other', async () => {
    const fired: Fired[] = [];
    proxy.scheduler.start((one) => fired.push(one));
    const [shown] = await endedExportsOf('unit_master', 1);
    const year = new Date().getUTCFullYear();
    expect(shown).toMatchObject({
      status: 'ready',
      trigger: { kind: 'schedule', name: 'minutely', fire_time: fired[0]?.fireTime.replace('Z', '.000Z') },
      request: { filters: { 'Unit Code': ['EA', `${year}-01-01`] } },
    });
    expect(fired.map(({ name }) => name)).toEqual(['minutely']);
  });

  test('exports a fire time once, however often and late its message comes, with other settings too', async () => {
    const before = (await knosc.calls()).length;
    const late = '2026-12-31T18:15:00Z';
    await send(scheduledInput('yearly', schedules.yearly, late));
    await send(scheduledInput('yearly', schedules.yearly, late));
    await send(scheduledInput('yearly', schedules.yearly, '2026-12-31T18:15:00.000Z'));
    const [shown, ...more] = await endedExportsOf('supplier_master', 1);
    expect(more).toEqual([]);
    expect(shown).toMatchObject({
      status: 'ready',
      trigger: { kind: 'schedule', name: 'yearly', fire_time: '2026-12-31T18:15:00.000Z' },
      request: { filters: { 'Supplier Name': '2027-01-01' } },
      workbook: { file_name: 'suppliers.xlsx' },
    });
    const changed = { ...schedules.yearly, export: { view_name: 'warehouse_master' } };
    await send(scheduledInput('yearly', changed, late));
    // A message of another fire time behind it: once that has ended, so has this.
    await send(scheduledInput('yearly', schedules.yearly, '2027-12-31T18:15:00Z'));
    await endedExportsOf('supplier_master', 2);
    expect(await exportsOf('warehouse_master')).toEqual([]);
    const calls = (await knosc.calls()).slice(before).map(({ path }) => path);
    expect(calls.filter((path) => path === '/api/export-data')).toHaveLength(2);
  });
});

describe('POST /sandbox/schedules/{name}/run', () => {
  const post = (path: string, method = 'POST') => fetch(`${proxy.url}/sandbox/schedules/${path}`, { method });

  test('fires for this second, and calls within it are one export', async () => {
    const before = (await exportsOf('supplier_master')).length;
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('yearly/run')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 202));
    const documents = z
      .array(z.object({ schedule: z.literal('yearly'), fire_time: z.iso.datetime(), view_name: z.string() }))
      .parse(await Promise.all(answers.map((answer) => answer.json())));
    const fireTimes = new Set(documents.map(({ fire_time }) => fire_time));
    const shown = await endedExportsOf('supplier_master', before + fireTimes.size);
    const exported = shown.slice(0, fireTimes.size).map(({ trigger }) => trigger.fire_time);
    expect(new Set(exported)).toEqual(fireTimes);
  });

  test('of a name that is not known tells those that are', async () => {
    const answer = await post('nightly/run');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      message: 'There is no schedule nightly.',
      schedules: ['minutely', 'yearly'],
    });
  });

  test('is only ever posted to, and everything beside it is the proxy’s own', async () => {
    expect((await post('yearly/run', 'GET')).status).toBe(405);
    expect(await (await post('yearly/walk')).json()).toMatchObject({ code: 'route-not-found' });
  });
});
