import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { AwsError, notInThisSandbox } from './aws-error.ts';

/** An event as EventBridge hands it to a rule's targets. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** Whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/** Stands for all rules: told of every event that arrives on a bus that exists. */
export type OnEvent = (event: BusEvent, busName: string) => void;

interface EventBridgeDependencies {
  readonly now: () => number;
  readonly region: string;
  readonly accountId: string;
  /** Beside `default`, which every account has. */
  readonly eventBuses: readonly string[];
  readonly onEvent: OnEvent;
}

const entrySchema = z.strictObject({
  EventBusName: z
    .string()
    .regex(/^(arn:aws[\w-]*:events:[a-z0-9-]+:\d{12}:event-bus\/)?[/.\-_A-Za-z0-9]{1,256}$/)
    .default('default'),
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Resources: z.array(z.string().max(2048)).default([]),
  /** Seconds since 1970. */
  Time: z.number().optional(),
});
type Entry = z.output<typeof entrySchema>;

const inputSchema = z.strictObject({ Entries: z.array(entrySchema).min(1).max(10) });
const mostBytes = 262_144;

/** Amazon EventBridge, JSON 1.1: `PutEvents`. Entries are judged one by one, in an answer with status 200. */
export function createEventBridge({ now, region, accountId, eventBuses, onEvent }: EventBridgeDependencies) {
  const buses = new Set(['default', ...eventBuses]);

  function put(entry: Entry): { EventId: string } | { ErrorCode: string; ErrorMessage: string } {
    const { Source = '', DetailType = '', Detail = '', Resources, Time } = entry;
    for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
      if (value === '')
        return refused('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
    }
    if (Source.startsWith('aws.')) return refused('NotAuthorizedForSource', 'Not authorized for the source.');
    const detail = objectIn(Detail);
    if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
    const id = randomUUID();
    const bus = busNameOf(entry.EventBusName);
    // AWS answers so for a bus that does not exist too, and keeps nothing (github.com/aws/aws-cli/issues/9186).
    if (buses.has(bus)) {
      const time = new Date(Math.floor(Time ?? now() / 1000) * 1000).toISOString().replace('.000', '');
      const common = { version: '0', id, source: Source, account: accountId, time, region } as const;
      onEvent({ ...common, 'detail-type': DetailType, resources: Resources, detail }, bus);
    }
    return { EventId: id };
  }

  return (operation: string, input: unknown): unknown => {
    if (operation !== 'PutEvents') throw notInThisSandbox(`EventBridge ${operation}`);
    const { Entries: given } = inputSchema.parse(input);
    if (given.reduce((sum, entry) => sum + bytesOf(entry), 0) >= mostBytes) {
      throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
    }
    const Entries = given.map(put);
    return { FailedEntryCount: Entries.filter((entry) => 'ErrorCode' in entry).length, Entries };
  };
}

/** The name in a name or an ARN. */
export function busNameOf(nameOrArn: string): string {
  return nameOrArn.slice(
    nameOrArn.indexOf('event-bus/') < 0 ? 0 : nameOrArn.indexOf('event-bus/') + 'event-bus/'.length,
  );
}

/** As AWS reckons it ("Calculating PutEvents event entry size"). */
function bytesOf({ Source = '', DetailType = '', Detail = '', Resources, Time }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

function refused(ErrorCode: string, ErrorMessage: string) {
  return { ErrorCode, ErrorMessage };
}

const objectSchema = z.record(z.string(), z.unknown());

function objectIn(text: string): unknown {
  try {
    return objectSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
