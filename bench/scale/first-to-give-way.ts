import { secretFreshForMs } from '../../functions/export/session/rotation.ts';
import { lookBack } from '../../functions/ledger/export-list.ts';
import { sessionSeconds } from '../../functions/ledger/link.ts';
import { noSettings } from '../../lib/settings/settings.ts';
import { quotas } from './quotas.ts';
import { meanOf } from './random.ts';
import type { Trial } from './study.ts';
import { number, percent, table } from './words.ts';

/** Something that there is only so much of. */
interface Way {
  readonly what: string;
  readonly limit: number;
  readonly unit: string;
  /** What one export takes of it: calls, or seconds of something that there is only so much of at once. */
  readonly perExport: number;
}

/** The lifetime of a link that nobody asked otherwise for, and the longest. */
const [usualLinkSeconds, longestLinkSeconds] = [900, 3_600];

/** Everything that gives way one day, the first first, with how much of it three loads use. */
export function firstToGiveWay(trial: Trial, loads: readonly number[]): string {
  const rows = waysOf(trial)
    .map((way) => ({ ...way, atPerHour: (way.limit / way.perExport) * 3_600 }))
    .toSorted((one, other) => one.atPerHour - other.atPerHour)
    .map(({ what, limit, unit, perExport, atPerHour }) => [
      what,
      `${number(limit)} ${unit}`,
      number(perExport),
      number(Number(atPerHour.toPrecision(2))),
      ...loads.map((load) => percent(load / atPerHour)),
    ]);
  const { originSeconds } = trial.scenario;
  const inKnosc = meanOf(originSeconds);
  const knosc = [
    'Knosc: exports that it runs at once',
    'it tells none',
    number(inKnosc),
    '-',
    ...loads.map((load) => `${number((load / 3_600) * inKnosc)} at once`),
  ];
  const header = [
    'what',
    'limit',
    'of it per export',
    'enough for',
    ...loads.map((load) => `used at ${number(load)}/h`),
  ];
  return table(header, [knosc, ...rows]);
}

function waysOf({ usage, seen }: Trial): readonly Way[] {
  const { writes } = usage;
  const linkSignersPerExport = (linkSeconds: number) =>
    linkSeconds < sessionSeconds ? usage.apiSeconds / (sessionSeconds - linkSeconds) : 1;
  return [
    {
      what: '`maximum_concurrency` as it is by default',
      limit: noSettings.maximum_concurrency,
      unit: 'at once',
      perExport: usage.runSeconds,
    },
    limited('the most that `maximum_concurrency` can be', 'eventSourceConcurrency', usage.runSeconds),
    limited(
      'Lambda, export and waiting api functions together',
      'lambdaConcurrency',
      usage.runSeconds + usage.apiSeconds,
    ),
    limited('S3, writes under `exports/`', 's3Writes', writes.exports),
    limited('S3, reads under `exports/`, mostly looks of who waits', 's3Reads', usage.recordReads),
    limited('S3, writes under `workbooks/`', 's3Writes', writes.workbooks),
    limited('S3, writes under `requests/`, and as many under `claims/`', 's3Writes', writes.requests),
    limited('HTTP API', 'httpApiRequests', usage.httpCalls),
    limited(`STS, links of ${usualLinkSeconds} s`, 'assumeRole', linkSignersPerExport(usualLinkSeconds)),
    limited(`STS, links of ${longestLinkSeconds} s`, 'assumeRole', linkSignersPerExport(longestLinkSeconds)),
    limited('Secrets Manager, reads', 'getSecretValue', usage.runSeconds / (secretFreshForMs / 1000)),
    limited('EventBridge, events', 'putEvents', 1),
    limited('SQS, messages in flight', 'queueInFlight', usage.runSeconds),
    limited('CloudWatch Logs, one write for each invocation', 'putLogEvents', usage.httpCalls + 1),
    {
      what: `\`latest\` of one view that has all exports: one of its newest ${lookBack} is ready`,
      limit: latestFindsUpToPerHour(seen.exports.map(({ askedAt, endedAt }) => endedAt - askedAt)) / 3_600,
      unit: 'exports/s',
      perExport: 1,
    },
  ];
}

function limited(what: string, name: keyof typeof quotas, perExport: number): Way {
  return { what, limit: quotas[name].limit, unit: quotas[name].unit, perExport };
}

/** Up to which rate at least one of the newest hundred is expected to be ready, when exports take so long. */
export function latestFindsUpToPerHour(totalSeconds: readonly number[]): number {
  const sorted = totalSeconds.toSorted((one, other) => one - other);
  const shareWithin = (seconds: number) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) <= seconds) low = middle + 1;
      else high = middle;
    }
    return low / sorted.length;
  };
  const readyAmongNewest = (perHour: number) =>
    Array.from({ length: lookBack }, (_, newer) => shareWithin(((newer + 1) * 3_600) / perHour)).reduce(
      (sum, share) => sum + share,
      0,
    );
  let [low, high] = [1, 1e9];
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high);
    if (readyAmongNewest(middle) >= 1) low = middle;
    else high = middle;
  }
  return low;
}
