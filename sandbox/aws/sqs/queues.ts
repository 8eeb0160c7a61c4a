import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../aws-error.ts';
import { json, orNothing, type Store } from '../store.ts';
import { messageAttributesSchema } from './message-attributes.ts';
import { attributesOf, type QueueSettings, settingsFrom } from './queue-settings.ts';

const messageRow = z.object({
  id: z.string(),
  body: z.string(),
  attributes: json(messageAttributesSchema),
  senderId: z.string(),
  sentAtMs: z.number(),
  visibleAtMs: z.number(),
  receiveCount: z.number(),
  firstReceivedAtMs: orNothing(z.number()),
  receivedAtMs: orNothing(z.number()),
  /** The handle of the newest receive; earlier ones have lost their power. */
  receiptHandle: orNothing(z.string()),
});
export type Message = Readonly<z.infer<typeof messageRow>>;

/** The messages of one standard queue. */
export interface MessageQueue {
  readonly name: string;
  readonly settings: () => QueueSettings;
  add(message: Message): void;
  /** Takes what is visible, at most `most`; `onExhausted` gets what was received too often already. */
  take(most: number, visibilitySeconds: number, onExhausted: (message: Message) => void): readonly Message[];
  /** A handle of an outdated receive deletes nothing, and SQS does not say so. */
  remove(receiptHandle: string): void;
  hide(receiptHandle: string, seconds: number): void;
  purge(): void;
  /** The moment the next hidden message returns, or Infinity. */
  nextVisibleAtMs(): number;
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number };
}

export interface Queues {
  find(name: string): MessageQueue | undefined;
  /** Makes a queue, or gives the one of that name other settings. */
  keep(name: string, settings: QueueSettings): void;
}

const longestHiddenMs = 43_200_000;
const queueRow = z.object({ settings: json(z.record(z.string(), z.string())) });

export function createQueues(store: Store, now: () => number): Queues {
  const findQueue = store.get('SELECT settings FROM queues WHERE name = ?', queueRow);
  const keepQueue = store.run(
    'INSERT INTO queues VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET settings = excluded.settings',
  );
  const insert = store.run('INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const removeOutlived = store.run('DELETE FROM messages WHERE queue = ? AND sentAtMs <= ?');
  const removeById = store.run('DELETE FROM messages WHERE id = ?');
  const removeByHandle = store.run('DELETE FROM messages WHERE receiptHandle = ?');
  const removeAll = store.run('DELETE FROM messages WHERE queue = ?');
  const visible = 'SELECT * FROM messages WHERE queue = ? AND visibleAtMs <= ?';
  const exhausted = store.all(`${visible} AND receiveCount >= ? ORDER BY rowid`, messageRow);
  const firstVisible = store.all(`${visible} ORDER BY rowid LIMIT ?`, messageRow);
  const byHandle = store.get('SELECT * FROM messages WHERE receiptHandle = ?', messageRow);
  const receive = store.run(
    `UPDATE messages SET visibleAtMs = ?, receiveCount = ?, firstReceivedAtMs = ?, receivedAtMs = ?, receiptHandle = ?
     WHERE id = ?`,
  );
  const setVisible = store.run('UPDATE messages SET visibleAtMs = ? WHERE id = ?');
  const nextVisible = store.get(
    'SELECT min(visibleAtMs) AS atMs FROM messages WHERE queue = ? AND visibleAtMs > ?',
    z.object({ atMs: orNothing(z.number()) }),
  );
  const count = store.get(
    `SELECT count(*) AS messages, count(*) FILTER (WHERE visibleAtMs > ?2) AS hidden,
       count(*) FILTER (WHERE visibleAtMs > ?2 AND receiveCount = 0) AS delayed FROM messages WHERE queue = ?1`,
    z.object({ messages: z.number(), hidden: z.number(), delayed: z.number() }),
  );

  function queueOf(name: string): MessageQueue {
    // Asked for anew each time: they may change while a long poll waits.
    const settings = () => settingsFrom(findQueue(name)?.settings ?? {});
    const dropOutlived = () => removeOutlived(name, now() - settings().MessageRetentionPeriod * 1000);

    function requireHandle(receiptHandle: string): void {
      const [, ofQueue] = /^(.+)#[\w-]{36}$/.exec(Buffer.from(receiptHandle, 'base64').toString()) ?? [];
      if (ofQueue === name) return;
      const message = `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`;
      throw new AwsError('ReceiptHandleIsInvalid', message);
    }

    function received(message: Message, visibilitySeconds: number): Message {
      const receivedAtMs = now();
      const visibleAtMs = later(receivedAtMs, visibilitySeconds);
      const receiveCount = message.receiveCount + 1;
      const { id, firstReceivedAtMs = receivedAtMs } = message;
      const receiptHandle = Buffer.from(`${name}#${randomUUID()}`).toString('base64');
      receive(visibleAtMs, receiveCount, firstReceivedAtMs, receivedAtMs, receiptHandle, id);
      return { ...message, visibleAtMs, receiveCount, firstReceivedAtMs, receivedAtMs, receiptHandle };
    }

    return {
      name,
      settings,
      add: ({ id, body, attributes, senderId, sentAtMs, visibleAtMs, receiveCount, ...newest }) => {
        const { firstReceivedAtMs = null, receivedAtMs = null, receiptHandle = null } = newest;
        const facts = [senderId, sentAtMs, visibleAtMs, receiveCount, firstReceivedAtMs, receivedAtMs, receiptHandle];
        insert(id, name, body, JSON.stringify(attributes), ...facts);
      },
      take: (most, visibilitySeconds, onExhausted) =>
        store.transaction(() => {
          dropOutlived();
          const mostReceives = settings().RedrivePolicy?.maxReceiveCount ?? Number.MAX_SAFE_INTEGER;
          for (const message of exhausted(name, now(), mostReceives)) {
            removeById(message.id);
            onExhausted(message);
          }
          return firstVisible(name, now(), most).map((message) => received(message, visibilitySeconds));
        }),
      remove: (receiptHandle) => {
        requireHandle(receiptHandle);
        removeByHandle(receiptHandle);
      },
      hide: (receiptHandle, seconds) => {
        requireHandle(receiptHandle);
        const message = byHandle(receiptHandle);
        if (!message) {
          const reason = 'Message does not exist or is not available for visibility timeout change.';
          throw new AwsError('InvalidParameterValue', `The receipt handle is invalid. Reason: ${reason}`);
        }
        if (message.visibleAtMs <= now()) {
          throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
        }
        const untilMs = later(now(), seconds);
        if (untilMs > (message.receivedAtMs ?? 0) + longestHiddenMs) {
          const reason = 'Total VisibilityTimeout for the message is beyond the limit [43200 seconds].';
          throw new AwsError('InvalidParameterValue', `VisibilityTimeout is invalid. Reason: ${reason}`);
        }
        setVisible(untilMs, message.id);
      },
      purge: () => void removeAll(name),
      nextVisibleAtMs: () => nextVisible(name, now())?.atMs ?? Number.POSITIVE_INFINITY,
      counts: () => {
        dropOutlived();
        const { messages = 0, hidden = 0, delayed = 0 } = count(name, now()) ?? {};
        return { visible: messages - hidden, inFlight: hidden - delayed, delayed };
      },
    };
  }

  return {
    find: (name) => findQueue(name) && queueOf(name),
    keep: (name, settings) => void keepQueue(name, JSON.stringify(attributesOf(settings))),
  };
}

/** In whole milliseconds, though the sandbox takes fractions of a second. */
function later(ms: number, seconds: number): number {
  return Math.ceil(ms + seconds * 1000);
}
