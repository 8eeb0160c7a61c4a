import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type ExportEvent, eventSource } from './event.ts';

/** Puts an event on the bus; rejects where EventBridge does not say that it has it. A bus that does not exist takes all and keeps nothing. */
export type PutEvent = (event: ExportEvent) => Promise<void>;

export function createPutEvent(eventBridge: () => EventBridgeClient, busName: string): PutEvent {
  return async ({ detailType, detail }) => {
    const { Entries: [entry] = [] } = await eventBridge().send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: busName,
            Source: eventSource,
            DetailType: detailType,
            Detail: JSON.stringify(detail),
            // The same in every repeat.
            Time: new Date(detail.finished_at),
          },
        ],
      }),
    );
    // A refused entry has an error code instead of an id, in an answer with status 200, which the SDK does not repeat.
    if (entry?.EventId === undefined) throw new RefusedEvent(entry?.ErrorCode);
  };
}

class RefusedEvent extends Error {
  override readonly name = 'RefusedEvent';
  readonly code: string | undefined;

  constructor(code: string | undefined) {
    super('EventBridge took the call and refused the event');
    this.code = code;
  }
}
