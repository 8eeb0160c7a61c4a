import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ContractEndpoint, freshName, openEndpoint } from './endpoint.ts';
import { clause } from './gaps.ts';
import { refusal } from './refusal.ts';

let endpoint: ContractEndpoint;
let eventBridge: EventBridgeClient;

beforeAll(async () => {
  endpoint = await openEndpoint();
  eventBridge = new EventBridgeClient({ ...endpoint.access, maxAttempts: 1 });
});

afterAll(() => endpoint.close());

const anEvent: PutEventsRequestEntry = { Source: 'contract', DetailType: 'Something Happened', Detail: '{"a":1}' };
const put = (...Entries: PutEventsRequestEntry[]) => eventBridge.send(new PutEventsCommand({ Entries }));

describe('an event bus', () => {
  clause('takes an event and gives it an id', async () => {
    const { FailedEntryCount, Entries } = await put({ ...anEvent, EventBusName: 'default', Time: new Date() });
    expect({ FailedEntryCount, Entries }).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
  });

  clause('that does not exist takes an event too', async () => {
    const { FailedEntryCount, Entries } = await put({ ...anEvent, EventBusName: freshName('bus') });
    expect({ FailedEntryCount, Entries }).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
  });

  clause('judges entries one by one: what lacks a detail type is refused, what stands beside it is not', async () => {
    const { DetailType: _, ...without } = anEvent;
    const { FailedEntryCount, Entries } = await put(without, anEvent);
    expect({ FailedEntryCount, Entries }).toEqual({
      FailedEntryCount: 1,
      Entries: [
        { ErrorCode: 'InvalidArgument', ErrorMessage: expect.stringContaining('DetailType') },
        { EventId: expect.any(String) },
      ],
    });
  });

  clause('refuses a detail that is no JSON object', async () => {
    const { Entries } = await put({ ...anEvent, Detail: '[1' });
    expect(Entries).toEqual([{ ErrorCode: 'MalformedDetail', ErrorMessage: expect.any(String) }]);
  });

  clause('refuses a call with more than ten events, or with none', async () => {
    expect(await refusal(put(...Array.from({ length: 11 }, () => anEvent)))).toMatchObject({ status: 400 });
    expect(await refusal(put())).toMatchObject({ status: 400 });
  });

  clause('refuses a call of 256 KiB', async () => {
    const Detail = JSON.stringify({ long: 'x'.repeat(262_144) });
    expect(await refusal(put({ ...anEvent, Detail }))).toEqual({ name: 'ValidationException', status: 400 });
  });
});
