import * as fc from 'fast-check';
import * as z from 'zod';
import { scheduledMessageSchema } from '../../functions/export/schedule/scheduled-message.ts';
import type { Intent } from '../../functions/ledger/begin-export.ts';
import { exportMessageSchema } from '../../functions/ledger/export-message.ts';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import { messageRetentionSeconds } from '../../functions/ledger/read-record.ts';
import type { ExportRecord } from '../../functions/ledger/record.ts';
import { createRandom, type Random } from '../../sandbox/knosc/data/random.ts';
import { BrokenPromise, greatestSkewMs } from './bucket.ts';
import type { Fault, MachineOptions } from './machine.ts';
import type { WaitingMessage } from './queue.ts';
import { createWorld, invocationSeconds, type OriginScript, type World } from './world.ts';

/** What callers have been told, and so what must stay true: which export a key has. */
interface Model {
  readonly exportOfKey: Map<string, string>;
  /** When each webhook was received first, and the export that it was answered, if it was. */
  readonly webhooks: Map<string, { readonly receivedAt: number; exportId?: string }>;
}

/** The world under test, with what its functions have thrown. */
interface Real {
  readonly world: World;
  readonly model: Model;
  readonly random: Random;
  readonly broken: unknown[];
}

type Step = fc.AsyncCommand<Model, Real>;

/** One fire time of the model's schedule, as it comes to the queue: how often, how late, and by which settings. */
interface FireTime {
  readonly nth: number;
  readonly copies: number;
  readonly delaySeconds: number;
  readonly settings: 'first' | 'other filters' | 'other view' | 'bad dates';
}

type WebhookSettings = 'first' | 'other filters' | 'other view';

interface Run {
  readonly seed: number;
  readonly runs: number;
  readonly commands: number;
}

/**
 * Drives random sequences of what callers, queues, clocks and deaths may do against the functions' own code, and holds what
 * came of it against what DESIGN.md promises. Answers how many steps were made; rejects with the shortest sequence that broke one.
 */
export async function runExportsModel({ seed, runs, commands }: Run): Promise<number> {
  let steps = 0;
  const counted = fc.commands([...stepsOf(() => (steps += 1))], { maxCommands: commands, size: 'max' });
  const property = fc.asyncProperty(counted, fc.integer(), async (sequence, worldSeed) => {
    const random = createRandom(worldSeed);
    const model: Model = { exportOfKey: new Map(), webhooks: new Map() };
    const real: Real = { world: createWorld(random, Date.UTC(2026, 10, 23)), model, random, broken: [] };
    await fc.asyncModelRun(() => ({ model, real }), sequence);
    await drain(real);
  });
  await fc.assert(property, { seed, numRuns: runs });
  return steps;
}

const skewMs = fc.constantFrom(0, 0, 0, -2_000, 2_000, -3_600_000, 3_600_000);
const kind = fc.constantFrom<Fault['kind'][]>(
  'dies before it',
  'dies after it',
  'is refused',
  'loses the answer',
  'is repeated by the SDK',
);
const faults = fc.oneof(
  { weight: 2, arbitrary: fc.constant<readonly Fault[]>([]) },
  { weight: 3, arbitrary: fc.array(fc.record({ atCall: fc.integer({ min: 1, max: 12 }), kind }), { maxLength: 3 }) },
);
const machine: fc.Arbitrary<MachineOptions> = fc.record({ skewMs, faults });
const script: fc.Arbitrary<OriginScript> = fc.record({
  seconds: fc.constantFrom(0, 1, 20, 100, 2_000),
  isGood: fc.boolean().map((bad) => !bad),
});
const keyName = fc.constantFrom('a', 'b', 'c', undefined);
const maxAge = fc.constantFrom(undefined, undefined, 0, 60);
const webhookId = fc.nat({ max: 11 });
/** They change between the deliveries of one id; its body does not. */
const webhookSettings = fc.constantFrom<WebhookSettings[]>('first', 'first', 'other filters', 'other view');
const fireTime: fc.Arbitrary<FireTime> = fc.record({
  nth: fc.nat({ max: 2 }),
  copies: fc.constantFrom(1, 2, 3),
  delaySeconds: fc.constantFrom(0, 0, 30, 300),
  settings: fc.constantFrom('first', 'first', 'other filters', 'other view', 'bad dates'),
});
const pick = fc.nat({ max: 1_000 });

function stepsOf(count: () => void): fc.Arbitrary<Step>[] {
  const step = (words: string, act: (real: Real) => void | Promise<void>): Step => ({
    check: () => true,
    run: async (_model, real) => {
      count();
      await act(real);
      await real.world.scheduler.settle();
      judge(real);
    },
    toString: () => words,
  });
  const show = (value: unknown) => JSON.stringify(value);
  return [
    fc
      .tuple(keyName, maxAge, machine)
      .map(([key, age, on]) => step(`create ${show({ key, age, on })}`, (real) => create(real, key, age, on))),
    fc
      .tuple(webhookId, webhookSettings, machine)
      .map(([id, settings, on]) =>
        step(`webhook ${show({ id, settings, on })}`, (real) => receiveWebhook(real, id, settings, on)),
      ),
    fireTime.map((fire) => step(`fire ${show(fire)}`, (real) => fireSchedule(real, fire))),
    fc.tuple(pick, fc.boolean(), machine, script).map(([nth, isDuplicate, on, origin]) =>
      step(`deliver ${show({ nth, isDuplicate, on, origin })}`, (real) => {
        const visible = real.world.queue.visible();
        const message = visible[nth % Math.max(1, visible.length)];
        if (message) deliver(real, message, isDuplicate, on, origin);
      }),
    ),
    fc
      .tuple(keyName, machine, script)
      .map(([key, on, origin]) => step(`invoke ${show({ key, on, origin })}`, (real) => invoke(real, key, on, origin))),
    fc.tuple(pick, machine).map(([nth, on]) => step(`end ${show({ nth, on })}`, (real) => end(real, nth, on))),
    fc.tuple(pick, machine).map(([nth, on]) => step(`get ${show({ nth, on })}`, (real) => get(real, nth, on))),
    fc
      .constantFrom(1, 5, 30, 61, 300, 1_000, 400_000)
      .map((seconds) => step(`${seconds} s pass`, ({ world }) => world.scheduler.advance(seconds * 1000))),
  ];
}

function create(real: Real, key: string | undefined, maxAgeSeconds: number | undefined, on: MachineOptions): void {
  const { world } = real;
  const intent: Intent = {
    request: { view_name: 'item_master', filters: { key: key ?? 'none' } },
    delivery: maxAgeSeconds === undefined ? {} : { max_age_s: maxAgeSeconds },
    trigger: { kind: 'api', caller: 'AROA1' },
    // The same key always asks for the same, age included.
    idempotencyKey: key && `${key}-${maxAgeSeconds}`,
  };
  watch(real, async () => {
    const { export_id } = await world.api(on).beginExport(intent);
    if (intent.idempotencyKey !== undefined) noteKey(real, intent.idempotencyKey, export_id);
  });
}

/** Of the same requests as the creates, so that all join one another. What a webhook asks for follows from its id and the settings. */
function receiveWebhook(real: Real, id: number, settings: WebhookSettings, on: MachineOptions): void {
  const { world, model } = real;
  const idempotencyKey = `webhook ${id}`;
  const webhook = model.webhooks.get(idempotencyKey) ?? { receivedAt: world.moment() };
  model.webhooks.set(idempotencyKey, webhook);
  watch(real, async () => {
    const { export_id } = await world.api(on).beginExport({
      request: {
        view_name: settings === 'other view' ? 'unit_master' : 'item_master',
        filters: { key: id % 3 === 0 && settings === 'first' ? 'a' : 'none' },
      },
      bodyHash: `body ${id}`,
      delivery: id % 5 === 0 ? { max_age_s: 60 } : {},
      trigger: { kind: 'webhook', name: 'changed' },
      idempotencyKey,
      debounceSeconds: [undefined, 5, 60, 300][id % 4],
    });
    webhook.exportId = export_id;
    noteKey(real, idempotencyKey, export_id);
  });
}

function fireSchedule({ world }: Real, { nth, copies, delaySeconds, settings }: FireTime): void {
  const body = JSON.stringify({
    schedule: 'nightly',
    fire_time: `2026-11-23T0${nth}:00:00Z`,
    time_zone: 'Europe/Berlin',
    request: {
      view_name: settings === 'other view' ? 'unit_master' : 'item_master',
      filters: { day: settings === 'bad dates' ? '{now}' : '{today}', settings },
    },
    delivery: {},
  });
  for (let copy = 0; copy < copies; copy += 1) world.queue.send(body, copy * delaySeconds);
}

function noteKey({ model }: Real, key: string, exportId: string): void {
  const known = model.exportOfKey.get(key) ?? exportId;
  if (known !== exportId) throw new BrokenPromise(`the key ${key} has two exports`);
  model.exportOfKey.set(key, exportId);
}

function deliver(
  real: Real,
  message: WaitingMessage,
  isDuplicate: boolean,
  on: MachineOptions,
  origin: OriginScript,
): void {
  const { queue } = real.world;
  if (!isDuplicate) queue.receive(message);
  const event = { Records: [{ messageId: message.id, receiptHandle: message.id, body: message.body }] };
  watch(real, async () => {
    const answer = await invokeOn(real, on, origin, event);
    if (!('batchItemFailures' in answer) || answer.batchItemFailures.length > 0) return;
    queue.remove(message);
    requireAnnounced(real, message);
  });
}

/** Whoever has done with a message has announced what became of its export. */
function requireAnnounced({ world }: Real, { body }: WaitingMessage): void {
  const message = z.union([exportMessageSchema, scheduledMessageSchema]).parse(JSON.parse(body));
  const isOfMessage = ({ export_id, trigger }: ExportRecord) =>
    'schedule' in message
      ? Date.parse(trigger.fire_time ?? '') === Date.parse(message.fire_time)
      : export_id === message.export_id;
  const record = world.bucket.records().find(isOfMessage);
  if (record?.status !== 'ready' && record?.status !== 'failed') return;
  if (world.events.some(({ event }) => event.detail.export_id === record.export_id)) return;
  throw new BrokenPromise(`${record.export_id} is ${record.status}, its message is gone, and nobody was told`);
}

function invoke(real: Real, key: string | undefined, on: MachineOptions, origin: OriginScript): void {
  const payload = { view_name: 'item_master', filters: { key: key ?? 'none' }, ...(key && { idempotency_key: key }) };
  watch(real, async () => {
    const answer = await invokeOn(real, on, origin, payload);
    if (key && 'export_id' in answer) noteKey(real, `invoked ${key}`, answer.export_id);
  });
}

/** An invocation of the export function, which Lambda ends after 15 minutes wherever it is. */
async function invokeOn(real: Real, on: MachineOptions, origin: OriginScript, event: unknown) {
  const { scheduler } = real.world;
  const { handler, machine: host } = real.world.exportFunction(on, origin);
  void scheduler.after(invocationSeconds * 1000).then(host.die);
  const endsAtMs = scheduler.now() + invocationSeconds * 1000;
  const answer = await handler(event, { getRemainingTimeInMillis: () => endsAtMs - scheduler.now() });
  real.broken.push(...host.defects);
  return answer;
}

function end(real: Real, nth: number, on: MachineOptions): void {
  const record = nthRecord(real, nth);
  if (!record) return;
  watch(real, async () => {
    const ended = await real.world.api(on).endExport(record.view_name, record.export_id);
    const isGone = ended && ['cancelled', 'deleted', 'failed'].includes(ended.status);
    if (!isGone) throw new BrokenPromise(`an export that was ended is ${ended?.status}`);
  });
}

function get(real: Real, nth: number, on: MachineOptions): void {
  const record = nthRecord(real, nth);
  if (record) watch(real, () => real.world.api(on).readRecord(record.view_name, record.export_id));
}

function nthRecord({ world }: Real, nth: number) {
  const records = world.bucket.records();
  return records[nth % Math.max(1, records.length)];
}

/** A call that nobody waits for: failures by code are answers, everything else is a broken promise. */
function watch(real: Real, call: () => Promise<unknown>): void {
  call().catch((error: unknown) => {
    if (!(error instanceof ExportFailure)) real.broken.push(error);
  });
}

/** A heartbeat notices what became of its export within this time. */
const beatMs = 5_000;

/** What must hold at every moment. */
function judge({ world, broken, model }: Real): void {
  const [first] = broken;
  if (first !== undefined) throw new BrokenPromise('a function failed in a way of no code', { cause: first });
  for (const record of world.bucket.records()) {
    if (record.status === 'ready' && !world.bucket.workbooks.has(record.workbook.key)) {
      throw new BrokenPromise(`${record.export_id} is ready and has lost its workbook`);
    }
    if (world.bucket.namedBy(record.export_id).size > 1) throw new BrokenPromise('two workbooks were named');
    if (record.attempts > 3) throw new BrokenPromise(`${record.export_id} was attempted ${record.attempts} times`);
  }
  const firedFor = new Set<string>();
  for (const { trigger, request } of world.bucket.records()) {
    if (trigger.fire_time === undefined) continue;
    // Two records of one id, under two views, are two exports as well.
    if (firedFor.has(trigger.fire_time)) throw new BrokenPromise(`${trigger.fire_time} has two exports`);
    firedFor.add(trigger.fire_time);
    const day = request.filters?.['day'];
    if (day !== '2026-11-23' && day !== '{now}') throw new BrokenPromise(`a date was resolved to ${String(day)}`);
  }
  for (const { event, isInTime } of world.events) {
    const { export_id } = event.detail;
    const status = world.bucket.records().find((record) => record.export_id === export_id)?.status;
    const isTrue =
      event.detailType === 'Export Failed' ? status === 'failed' : status === 'ready' || status === 'deleted';
    if (!isInTime || !isTrue) throw new BrokenPromise(`${event.detailType} of ${export_id}, which is ${status}`);
  }
  for (const { exportId, machine: host } of world.running) {
    const endedAtMs = world.bucket.endedAtMs(exportId) ?? Number.POSITIVE_INFINITY;
    const isLate = world.scheduler.now() > endedAtMs + beatMs;
    if (isLate && !host.isDead() && host.isFaultless())
      throw new BrokenPromise(`${exportId} has ended, and still runs`);
  }
  for (const { receivedAt, exportId = '' } of model.webhooks.values()) {
    if (world.begunAt(exportId).some((begunAt) => begunAt < receivedAt)) {
      throw new BrokenPromise(`a webhook was answered ${exportId}, whose run had begun before`);
    }
  }
  for (const exportId of model.exportOfKey.values()) {
    if (!world.bucket.records().some(({ export_id }) => export_id === exportId)) {
      throw new BrokenPromise(`a caller was told of ${exportId}, of which nothing is known`);
    }
  }
}

const patientRounds = 40;
const faultless: MachineOptions = { skewMs: 0, faults: [] };

/** Lets the queue do its work with no more faults: then every export has ended, and what no record names is gone. */
async function drain(real: Real): Promise<void> {
  const { world } = real;
  await world.scheduler.advance(invocationSeconds * 1000);
  for (let round = 0; round < patientRounds && world.queue.waiting().length > 0; round += 1) {
    for (const message of world.queue.visible()) deliver(real, message, false, faultless, { seconds: 1, isGood: true });
    await world.scheduler.advance(120_000);
    judge(real);
  }
  if (world.queue.waiting().length > 0) throw new BrokenPromise('a message never ends');
  // What outlived its message ends when somebody asks for it.
  world.bucket.records().forEach((_, nth) => get(real, nth, { skewMs: 2 * greatestSkewMs, faults: [] }));
  await world.scheduler.settle();
  judge(real);
  const records = new Map(world.bucket.records().map((record) => [record.export_id, record]));
  for (const { export_id, status } of records.values()) {
    if (status === 'queued' || status === 'running') throw new BrokenPromise(`${export_id} stays ${status} for ever`);
  }
  for (const [key, { isInTime }] of world.bucket.workbooks) {
    const record = records.get(key.split('/')[2] ?? '');
    const isNamed = record?.status === 'ready' && record.workbook.key === key;
    // What a run puts there after its export has ended it takes away itself, unless it dies; so may who deletes an export.
    if (!isNamed && isInTime && record && isSettled(record, world))
      throw new BrokenPromise(`nobody names ${key}, and it stays`);
  }
}

/** Its message has been handled to the end: it was not forgotten before, and nobody has deleted the export since. */
function isSettled({ status, created_at }: ExportRecord, { scheduler }: World): boolean {
  const keptUntilMs = Date.parse(created_at) + messageRetentionSeconds * 1000 - 2 * greatestSkewMs;
  return status !== 'deleted' && scheduler.now() < keptUntilMs;
}
