import { nameOf, type Observer } from '../../ledger/observer.ts';
import type { TerminalRecord } from '../../ledger/record.ts';
import type { PutEvent } from './event-bus.ts';
import { eventOf } from './event.ts';

/**
 * Puts what became of an export on the event bus, again whenever it is asked to; cancelled and deleted exports have no event.
 * Answers whether there is nothing more to announce. An event that could not be sent changes nothing but that: it is counted,
 * and the message is given back, so that it is sent later.
 */
export type Announce = (record: TerminalRecord) => Promise<boolean>;

interface AnnounceDependencies {
  readonly putEvent: PutEvent;
  readonly observer: Pick<Observer, 'tell' | 'measure'>;
}

export function createAnnounce({ putEvent, observer }: AnnounceDependencies): Announce {
  return async (record) => {
    if (record.status !== 'ready' && record.status !== 'failed') return true;
    const event = eventOf(record);
    try {
      await putEvent(event);
      return true;
    } catch (error) {
      const { export_id, view_name } = record;
      observer.measure('EventFailures', 1, {}, { export_id, view_name });
      observer.tell('event not sent', { export_id, view_name, ...nameOf(error) });
      return false;
    }
  };
}
