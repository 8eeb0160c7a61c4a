import { secretFreshForMs } from '../../functions/export/session/rotation.ts';
import { billAssumptions } from './bill-assumptions.ts';
import { deployment } from './deployment.ts';
import { freeTransferGigabytes, type PriceName, prices, transferTiers } from './prices.ts';
import type { Usage } from './usage.ts';
import { number, percent } from './words.ts';

/** What a month's bill is reckoned from; what is assumed is said in docs/cost.md. */
export interface Month {
  readonly exports: number;
  readonly usage: Usage;
}

/** One line of a bill: how much of what, how that was reckoned, and what it costs at list price. */
export interface BillLine {
  readonly name: string;
  readonly price: PriceName;
  readonly arithmetic: string;
  readonly quantity: number;
  readonly dollars: number;
}

const secondsInMonth = billAssumptions.daysInMonth * 86_400;
const kilobytesInGigabyte = 1e6;

/** The bill of a month, without taxes and without data transfer (`transferDollars`). */
export function billOf({ exports, usage }: Month): readonly BillLine[] {
  const is = billAssumptions;
  const n = number(exports);
  const coldShare = Math.exp((-exports / secondsInMonth) * is.warmSeconds);
  const colds = exports * coldShare;
  const coldWords = colds < 0.5 ? '' : ` + ${number(colds)} × ${is.coldSeconds} s cold`;
  const writes = usage.writes.exports + usage.writes.requests + usage.writes.workbooks + usage.writes.claims;
  // A caller downloads the workbook once.
  const reads = usage.recordReads + 1;
  const apiGigabytes = deployment.apiMemoryMegabytes / 1024;
  const exportGigabytes = deployment.exportMemoryMegabytes / 1024;
  const polls = (is.pollers * secondsInMonth) / is.pollSeconds;
  const workbookGigabytes = (usage.mebibytes * 2 ** 20) / 1e9;
  // CloudWatch asks for a metric by the hours in which it has values; exports come at random.
  const busyHours = -Math.expm1(-exports / (secondsInMonth / 3_600));
  const days = (stored: number) => stored / is.daysInMonth;
  const smallGigabyteMonths =
    (is.recordKilobytes * days(deployment.recordStoredDays) +
      is.smallObjectKilobytes * (days(deployment.claimStoredDays) + days(deployment.requestStoredDays)) +
      is.accessLogKilobytesPerCall * (writes + reads) * days(deployment.accessLogStoredDays)) /
    kilobytesInGigabyte;
  const logKilobytes =
    usage.httpCalls * (is.apiLogKilobytesPerCall + is.gatewayLogKilobytesPerCall) + is.exportLogKilobytes;
  const environments = Math.ceil((exports / secondsInMonth) * usage.runSeconds);
  const secretReads =
    2 * colds + Math.min(exports - colds, environments * (secondsInMonth / (secretFreshForMs / 1000)));
  const traces = tracesInMonth(exports * usage.httpCalls) + tracesInMonth(exports);

  return [
    line(
      'Lambda, api function',
      'lambdaArmGigabyteSecond',
      apiGigabytes * (exports * usage.apiSeconds + colds * is.coldSeconds),
      `(${n} × ${number(usage.apiSeconds)} s${coldWords}) × ${apiGigabytes} GB`,
    ),
    line(
      'Lambda, export function',
      'lambdaArmGigabyteSecond',
      exportGigabytes * (exports * usage.runSeconds + colds * is.coldSeconds),
      `(${n} × ${number(usage.runSeconds)} s${coldWords}) × ${exportGigabytes} GB`,
    ),
    line(
      'Lambda, requests',
      'lambdaRequest',
      exports * (usage.httpCalls + 1),
      `${n} × (${number(usage.httpCalls)} + 1)`,
    ),
    line('HTTP API', 'httpApiCall', exports * usage.httpCalls, `${n} × ${number(usage.httpCalls)}`),
    line(
      'SQS',
      'queueCall',
      exports * usage.queueCalls + polls,
      `${n} × ${number(usage.queueCalls)} + ${number(polls)} empty polls`,
    ),
    line('S3, writes', 's3Write', exports * writes, `${n} × ${number(writes)}`),
    line('S3, reads', 's3Read', exports * reads, `${n} × ${number(reads)}`),
    line(
      'S3, workbooks kept',
      's3GigabyteMonth',
      exports * workbookGigabytes * days(deployment.workbookStoredDays),
      `${n} × ${number(usage.mebibytes)} MiB × ${deployment.workbookStoredDays}/${is.daysInMonth} months`,
    ),
    line(
      'S3, records, claims, index and access logs kept',
      's3GigabyteMonth',
      exports * smallGigabyteMonths,
      `${n} × ${number(smallGigabyteMonths * kilobytesInGigabyte)} kB-months`,
    ),
    line('Secrets', 'secretMonth', is.secrets, `${is.secrets}`),
    line('Secrets, reads', 'secretCall', secretReads, number(secretReads)),
    line('EventBridge, events', 'customEvent', exports, n),
    line(
      'EventBridge, schedules',
      'schedulerInvocation',
      exports * is.scheduledShare,
      `${n} × ${is.scheduledShare} on a schedule`,
    ),
    line(
      'Logs, written',
      'logGigabyte',
      (exports * logKilobytes) / kilobytesInGigabyte,
      `${n} × ${number(logKilobytes)} kB`,
    ),
    line(
      'Logs, kept',
      'logGigabyteMonth',
      ((exports * logKilobytes) / kilobytesInGigabyte) * days(deployment.logStoredDays),
      `the same for ${deployment.logStoredDays} days`,
    ),
    line('Metrics', 'metricMonth', is.metrics * busyHours, `${is.metrics} × ${percent(busyHours)} of the hours`),
    line('Alarms', 'alarmMonth', is.alarms, `${is.alarms}`),
    line('Dashboard', 'dashboardMonth', is.dashboards, `${is.dashboards}`),
    line("Key of the alarms' topic", 'keyMonth', is.keys, `${is.keys}`),
    line('Traces', 'trace', traces, `1/s and ${is.tracedShare * 100} % of the rest, of each function`),
  ];
}

function line(name: string, price: PriceName, quantity: number, arithmetic: string): BillLine {
  return { name, price, quantity, arithmetic, dollars: (quantity / prices[price].per) * prices[price].dollars };
}

/** What a customer's KMS key for bucket and secrets adds. */
export function keyDollars({ exports, usage }: Month): number {
  const { writes } = usage;
  const s3Calls = writes.exports + writes.requests + writes.workbooks + writes.claims + usage.recordReads + 1;
  const secretReads = billOf({ exports, usage }).find(({ price }) => price === 'secretCall')?.quantity ?? 0;
  const calls = exports * s3Calls * billAssumptions.keyCallsPerS3Call + secretReads;
  return prices.keyMonth.dollars + (calls / prices.keyCall.per) * prices.keyCall.dollars;
}

/** All workbooks downloaded once over the internet, and the answers with them. Within the Region it is nothing. */
export function transferDollars({ exports, usage }: Month): number {
  const gigabytes =
    (exports * (usage.mebibytes * 2 ** 20 + usage.httpCalls * billAssumptions.answerKilobytes * 1e3)) / 1e9;
  let left = Math.max(0, gigabytes - freeTransferGigabytes);
  let sum = 0;
  for (const tier of transferTiers) {
    const inTier = Math.min(left, tier.gigabytes);
    sum += inTier * tier.dollars;
    left -= inTier;
  }
  return sum;
}

/** What a month without an export costs. */
export function fixedDollars(): number {
  const nothing: Usage = {
    httpCalls: 0,
    apiSeconds: 0,
    runSeconds: 0,
    mebibytes: 0,
    originCalls: 0,
    writes: { exports: 0, requests: 0, workbooks: 0, claims: 0 },
    recordReads: 0,
    beats: 0,
    queueCalls: 0,
    createdShare: 0,
  };
  return totalDollars(billOf({ exports: 0, usage: nothing }));
}

export function totalDollars(bill: readonly BillLine[]): number {
  return bill.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** The same bill after what AWS gives every account each month, if nothing else in the account uses it. */
export function dollarsAfterFree(bill: readonly BillLine[]): number {
  const byPrice = Map.groupBy(bill, ({ price }) => price);
  return [...byPrice].reduce((sum, [name, lines]) => {
    const { freePerMonth, per, dollars } = prices[name];
    const quantity = lines.reduce((all, one) => all + one.quantity, 0);
    return sum + (Math.max(0, quantity - freePerMonth) / per) * dollars;
  }, 0);
}

/** X-Ray's default rule: the first request of each second, and a twentieth of the others (requests at random). */
function tracesInMonth(requests: number): number {
  const perSecond = requests / secondsInMonth;
  const firsts = 1 - Math.exp(-perSecond);
  return secondsInMonth * (firsts + billAssumptions.tracedShare * (perSecond - firsts));
}
