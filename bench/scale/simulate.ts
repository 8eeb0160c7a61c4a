import { type Agenda, createAgenda } from './agenda.ts';
import { createRandom } from './random.ts';
import type { Scenario } from './scenario.ts';

/** What became of one export. Moments are in seconds from the start of the simulation. */
export interface SimulatedExport {
  readonly askedAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isReady: boolean;
  /** Calls of Knosc's export: one for each try. */
  readonly tries: number;
  /** Of the workbook; 0 where there is none. */
  readonly mebibytes: number;
}

/** What happened after the warm-up. */
export interface Observations {
  /** In the order in which they ended. */
  readonly exports: readonly SimulatedExport[];
  /** Averages over the time from the end of the warm-up to the last export that was asked for. */
  readonly busyShare: number;
  readonly meanOpenExports: number;
  readonly peakOpenExports: number;
  readonly peakQueued: number;
  readonly longestQueueSeconds: number;
  /** When the queue was first empty after the outage's end; without an outage, after the start. */
  readonly drainedAtSeconds: number | undefined;
}

interface Job {
  readonly askedAt: number;
  startedAt: number;
  tries: number;
  mebibytes: number;
}

type Event =
  | { readonly kind: 'asked' }
  | { readonly kind: 'delivered'; readonly job: Job }
  | { readonly kind: 'try'; readonly job: Job }
  | { readonly kind: 'ended'; readonly job: Job; readonly isReady: boolean; readonly isAtOrigin: boolean }
  | { readonly kind: 'outage over' };

/**
 * Exports are asked for at random moments, wait in one queue, first come first served, and are run by at most
 * `maximumConcurrency` functions, each with up to three tries, as `functions/export` does it. The same seed gives the same
 * observations.
 */
export function simulate(scenario: Scenario): Observations {
  const { maximumConcurrency, originCapacity, outage, warmUpSeconds, arrivalSeconds } = scenario;
  const random = createRandom(scenario.seed);
  const agenda: Agenda<Event> = createAgenda();
  const queue: Job[] = [];
  let head = 0;
  let running = 0;
  let atOrigin = 0;
  let openExports = 0;
  let lastMoment = 0;
  let busyTime = 0;
  let openTime = 0;
  let peakOpenExports = 0;
  let peakQueued = 0;
  let drainedAtSeconds: number | undefined;
  const exports: SimulatedExport[] = [];

  const isDuring = (kind: 'refuses' | 'hangs' | 'stops', at: number) =>
    outage?.kind === kind && at >= outage.startsAtSeconds && at < outage.endsAtSeconds;

  function accountUntil(at: number): void {
    const seconds = Math.max(0, Math.min(at, arrivalSeconds) - Math.max(lastMoment, warmUpSeconds));
    busyTime += seconds * running;
    openTime += seconds * openExports;
    lastMoment = at;
  }

  function startWhatCan(at: number): void {
    while (running < maximumConcurrency && head < queue.length && !isDuring('stops', at)) {
      const job = queue[head];
      head += 1;
      if (job === undefined) return;
      running += 1;
      job.startedAt = at;
      agenda.add(at + scenario.overheadSeconds, { kind: 'try', job });
    }
    if (head === queue.length && at >= (outage?.endsAtSeconds ?? 0)) drainedAtSeconds ??= at;
  }

  function tryOnce(at: number, job: Job): void {
    const waitSeconds = scenario.longestTryWaitsSeconds[job.tries];
    job.tries += 1;
    if (isDuring('refuses', at) || atOrigin >= originCapacity) {
      if (waitSeconds === undefined) agenda.add(at, { kind: 'ended', job, isReady: false, isAtOrigin: false });
      else agenda.add(at + waitSeconds * random.uniform(), { kind: 'try', job });
      return;
    }
    atOrigin += 1;
    job.mebibytes = random.drawn(scenario.workbookMebibytes);
    const seconds = random.drawn(scenario.originSeconds) + job.mebibytes / scenario.mebibytesPerSecond;
    const deadline = job.startedAt + scenario.deadlineSeconds;
    const endsAt = isDuring('hangs', at) ? Number.POSITIVE_INFINITY : at + seconds;
    const isReady = endsAt < deadline;
    agenda.add(isReady ? endsAt : deadline, { kind: 'ended', job, isReady, isAtOrigin: true });
  }

  function end(at: number, { job, isReady, isAtOrigin }: Extract<Event, { kind: 'ended' }>): void {
    running -= 1;
    openExports -= 1;
    if (isAtOrigin) atOrigin -= 1;
    const { askedAt, startedAt, tries } = job;
    const mebibytes = isReady ? job.mebibytes : 0;
    if (askedAt >= warmUpSeconds) exports.push({ askedAt, startedAt, endedAt: at, isReady, tries, mebibytes });
  }

  function ask(at: number): void {
    openExports += 1;
    const job = { askedAt: at, startedAt: 0, tries: 0, mebibytes: 0 };
    agenda.add(at + scenario.deliverySeconds, { kind: 'delivered', job });
    const nextAt = at + random.exponential(3_600 / scenario.exportsPerHour);
    if (nextAt < arrivalSeconds) agenda.add(nextAt, { kind: 'asked' });
  }

  agenda.add(0, { kind: 'asked' });
  if (outage) agenda.add(outage.endsAtSeconds, { kind: 'outage over' });
  for (let next = agenda.next(); next !== undefined; next = agenda.next()) {
    const { atSeconds: at, event } = next;
    accountUntil(at);
    if (event.kind === 'asked') ask(at);
    if (event.kind === 'delivered') queue.push(event.job);
    if (event.kind === 'try') tryOnce(at, event.job);
    if (event.kind === 'ended') end(at, event);
    startWhatCan(at);
    if (at >= warmUpSeconds) {
      peakOpenExports = Math.max(peakOpenExports, openExports);
      peakQueued = Math.max(peakQueued, queue.length - head);
    }
  }

  const countedSeconds = arrivalSeconds - warmUpSeconds;
  return {
    exports,
    busyShare: busyTime / (countedSeconds * maximumConcurrency),
    meanOpenExports: openTime / countedSeconds,
    peakOpenExports,
    peakQueued,
    longestQueueSeconds: exports.reduce((longest, { askedAt, startedAt }) => Math.max(longest, startedAt - askedAt), 0),
    drainedAtSeconds,
  };
}
