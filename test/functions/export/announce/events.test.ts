import { readFile } from 'node:fs/promises';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { eventJsonSchema } from '../../../../functions/export/announce/event-json-schema.ts';
import { answerWith } from '../../../support/scripted-origin.ts';
import { type ObservedProxy, startObservedProxy } from '../../../support/observed-proxy.ts';

const rootFile = (path: string) => readFile(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const committed = z.record(z.string(), z.unknown()).parse(JSON.parse(await rootFile('docs/events.schema.json')));
const validate = addFormats.default(new Ajv2020({ strict: false, allErrors: true })).compile(committed);
const exportSchema = z.looseObject({ export_id: z.string(), status: z.string() });

function requireValid(event: unknown): void {
  expect(validate(event), JSON.stringify([event, validate.errors])).toBe(true);
}

const createdId = async (answer: Response) =>
  z.looseObject({ export_id: z.string() }).parse(await answer.json()).export_id;
const eventsOf = async ({ events }: ObservedProxy, count: number) => {
  await vi.waitFor(() => expect(events).toHaveLength(count), { timeout: 10_000 });
  events.forEach(requireValid);
  return events;
};

test('docs/events.schema.json is what the schemas say (npm run schemas)', () => {
  expect(committed).toEqual(JSON.parse(JSON.stringify(eventJsonSchema())));
});

describe('docs/events.md', async () => {
  const text = await rootFile('docs/events.md');
  const examples = [...text.matchAll(/```json\n([^`]+)```/g)].map(([, example = '']): unknown => JSON.parse(example));

  test('shows an example of each event, which the schema allows', () => {
    const shown = examples.filter((example) => validate(example));
    const types = shown.map((example) => z.looseObject({ 'detail-type': z.string() }).parse(example)['detail-type']);
    expect(types).toEqual(['Export Ready', 'Export Failed']);
  });
});

describe('an export', () => {
  test('that is ready is announced once, with what its workbook is and no link', async () => {
    const system = await startObservedProxy();
    const shown = z
      .looseObject({
        export_id: z.string(),
        workbook: z.looseObject({ sha256: z.string() }),
        link: z.object({ url: z.string() }),
      })
      .parse(await (await system.create({ filters: { 'Item Name': 'hunter2' } })).json());
    const [event] = await eventsOf(system, 1);
    expect(event).toMatchObject({
      'detail-type': 'Export Ready',
      source: 'knosc-export-proxy',
      detail: {
        export_id: shown.export_id,
        view_name: 'item_master',
        trigger: { kind: 'api' },
        attempts: 1,
        workbook: { sha256: shown.workbook.sha256, rows: 1, sheet_count: 1, sheets: [{ name: 'Sheet1', rows: 1 }] },
      },
    });
    const text = JSON.stringify(event);
    for (const secret of ['hunter2', 'PO #', 'http', 'X-Amz', 'AIDALOCALSANDBOX', 'workbooks/']) {
      expect(text).not.toContain(secret);
    }
  });

  test('that failed is announced with the code and no words of the origin', async () => {
    const system = await startObservedProxy();
    system.origin.answerExport(answerWith(400, '{"Code":"CouldNotConstructExportData","Message":"hunter2"}'));
    const export_id = await createdId(await system.create());
    const [event] = await eventsOf(system, 1);
    expect(event).toMatchObject({
      'detail-type': 'Export Failed',
      detail: { export_id, problem: { code: 'data-not-assembled', title: 'Knosc could not assemble the data' } },
    });
    expect(JSON.stringify(event)).not.toContain('hunter2');
  });

  test('of a direct invocation is announced by the message that comes a lease later', async () => {
    const system = await startObservedProxy({ leaseSeconds: 1 });
    const answer = exportSchema.parse(await system.proxy.invokeExport({ view_name: 'item_master' }));
    expect([answer.status, system.events]).toEqual(['ready', []]);
    const [event] = await eventsOf(system, 1);
    expect(event?.detail).toMatchObject({ export_id: answer.export_id, trigger: { kind: 'invoke' } });
  });

  test('that was cancelled is not announced', async () => {
    const system = await startObservedProxy();
    system.origin.answerExport(() => undefined);
    const { proxy } = system;
    const prefer = { prefer: 'respond-async' };
    const created = await fetch(`${proxy.url}/exports/item_master`, { method: 'POST', headers: prefer });
    const path = `/exports/item_master/${await createdId(created)}`;
    expect(exportSchema.parse(await (await fetch(`${proxy.url}${path}`, { method: 'DELETE' })).json()).status).toBe(
      'cancelled',
    );
    // Handled to the end: its run has noticed, and its message is gone.
    await proxy.close();
    expect(system.events).toEqual([]);
    expect(system.measured('Exports')).toEqual([
      { value: 1, dimensions: [{}, { outcome: 'cancelled' }, { trigger: 'api', outcome: 'cancelled' }] },
    ]);
  });
});

describe('a bus that does not answer', () => {
  test('changes nothing of the export, is counted, and is told again when the message comes back', async () => {
    let isBusAway = true;
    const system = await startObservedProxy({ isBusAway: () => isBusAway });
    const { proxy, events } = system;
    const export_id = await createdId(await system.create());
    await vi.waitFor(() => expect(system.measured('EventFailures')).toHaveLength(1), { timeout: 10_000 });
    expect(system.told('event not sent')).toMatchObject([{ export_id, error: 'InternalFailure' }]);
    expect(system.measured('EventFailures')).toEqual([{ value: 1, dimensions: [{}] }]);
    const shown = await fetch(`${proxy.url}/exports/item_master/${export_id}`);
    expect(await shown.json()).toMatchObject({ status: 'ready', attempts: 1 });
    expect(await waitingMessages(system)).toBe(1);

    isBusAway = false;
    const body = JSON.stringify({
      export_id,
      request: { view_name: 'item_master' },
      delivery: {},
      trigger: { kind: 'api' },
      created_at: new Date().toISOString(),
    });
    const again = { Records: [{ messageId: 'm', receiptHandle: 'r', body }] };
    expect(await proxy.invokeExport(again)).toEqual({ batchItemFailures: [] });
    expect(events.map(({ detail }) => detail)).toMatchObject([{ export_id }]);
    events.forEach(requireValid);
  });
});

/** How many messages wait, hidden or not. */
async function waitingMessages({ proxy }: ObservedProxy): Promise<number> {
  const { endpoint, region, credentials, accountId } = proxy.aws;
  const { Attributes = {} } = await new SQSClient({ endpoint, region, credentials }).send(
    new GetQueueAttributesCommand({ QueueUrl: `${endpoint}/${accountId}/exports`, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}
