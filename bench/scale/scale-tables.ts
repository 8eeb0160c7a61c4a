import { lookBack, readAtOnce } from '../../functions/ledger/export-list.ts';
import { secretFreshForMs } from '../../functions/export/session/rotation.ts';
import { sessionTiming } from '../../functions/export/session/lease.ts';
import { listQuerySchema } from '../../functions/api/parameters.ts';
import { billAssumptions } from './bill-assumptions.ts';
import { billOf, totalDollars, transferDollars } from './bill.ts';
import { deployment } from './deployment.ts';
import { firstToGiveWay } from './first-to-give-way.ts';
import { inputTable } from './inputs.ts';
import { outageTable } from './outage-table.ts';
import { overloadOf } from './overload.ts';
import { prices } from './prices.ts';
import { quotas } from './quotas.ts';
import { meanRunSeconds, origins, steadily } from './scenario.ts';
import { simulate } from './simulate.ts';
import { concurrencyFor } from './staffing.ts';
import { mean, quantile } from './statistics.ts';
import type { Study, Trial } from './study.ts';
import { dollars, duration, number, percent, table } from './words.ts';

const loads = [10, 1_000, 100_000] as const;
const hoursInMonth = billAssumptions.daysInMonth * 24;
/** The example of an origin that bears only so much. */
const smallOriginCapacity = 10;

/** The tables of docs/scale.md, by the names of their markers. */
export function scaleTables(study: Study): Readonly<Record<string, string>> {
  return {
    inputs: inputTable(study.usual),
    'first-to-give-way': firstToGiveWay(study.steady(1_000, 'usual'), loads),
    loads: loadTable(study),
    concurrency: concurrencyTable(study),
    origin: originTable(study),
    outage: outageTable(study, loads),
    overload: overloadTable(study),
    list: listTable(),
    fleet: fleetTable(study),
    month: monthTable(study),
  };
}

function loadTable(study: Study): string {
  const trials = [
    study.steady(10, 'usual', study.usual.maximumConcurrency),
    study.steady(1_000, 'usual', study.usual.maximumConcurrency),
    study.steady(100_000, 'usual'),
  ];
  return table(
    [
      'exports an hour',
      '`maximum_concurrency`',
      'of it busy',
      'in the queue, mean and 95 of 100',
      'to the end, half and 95 of 100',
      '201 at once',
      'open exports, mean and most',
      'api functions held by who waits',
      'looks at the record per export',
    ],
    trials.map(({ scenario, seen, usage }) => {
      const queued = seen.exports.map(({ askedAt, startedAt }) => startedAt - askedAt);
      const totals = seen.exports.map(({ askedAt, endedAt }) => endedAt - askedAt);
      return [
        number(scenario.exportsPerHour),
        number(scenario.maximumConcurrency),
        percent(seen.busyShare),
        `${duration(mean(queued))}, ${duration(quantile(queued, 0.95))}`,
        `${duration(quantile(totals, 0.5))}, ${duration(quantile(totals, 0.95))}`,
        percent(usage.createdShare),
        `${number(seen.meanOpenExports)}, ${number(seen.peakOpenExports)}`,
        number((scenario.exportsPerHour / 3_600) * usage.apiSeconds),
        number(usage.recordReads - 1),
      ];
    }),
  );
}

function concurrencyTable(study: Study): string {
  const cell = ({ scenario, seen, usage }: Trial) => {
    if (scenario.maximumConcurrency > quotas.eventSourceConcurrency.limit) {
      return `${number(scenario.maximumConcurrency)}: more than there can be`;
    }
    const queued = seen.exports.map(({ askedAt, startedAt }) => startedAt - askedAt);
    return `**${number(scenario.maximumConcurrency)}** (${percent(seen.busyShare)} busy, 95 of 100 begin in ${duration(quantile(queued, 0.95))}, ${percent(usage.createdShare)} 201)`;
  };
  return table(
    [
      'exports an hour',
      `quick: half in ${origins.quick.median} s, 95 of 100 in ${origins.quick.p95} s`,
      `usual: ${origins.usual.median} s, ${origins.usual.p95} s`,
      `slow: ${origins.slow.median} s, ${origins.slow.p95} s`,
    ],
    [10, 100, 1_000, 10_000, 100_000].map((load) => [
      number(load),
      cell(study.steady(load, 'quick')),
      cell(study.steady(load, 'usual')),
      cell(study.steady(load, 'slow')),
    ]),
  );
}

function originTable(study: Study): string {
  const load = steadily(study.usual, 4_000, 20_000);
  return table(
    [
      '`maximum_concurrency`',
      'failed `origin-busy`',
      'calls of Knosc per export',
      'in the queue, mean',
      'to the end, mean',
    ],
    [8, 10, 12, 16, 24].map((maximumConcurrency) => {
      const { exports } = simulate({ ...load, maximumConcurrency, originCapacity: smallOriginCapacity });
      return [
        number(maximumConcurrency),
        percent(mean(exports.map(({ isReady }) => (isReady ? 0 : 1)))),
        number(mean(exports.map(({ tries }) => tries))),
        duration(mean(exports.map(({ askedAt, startedAt }) => startedAt - askedAt))),
        duration(mean(exports.map(({ askedAt, endedAt }) => endedAt - askedAt))),
      ];
    }),
  );
}

function overloadTable(study: Study): string {
  const runPerSecond = study.usual.maximumConcurrency / meanRunSeconds(study.usual);
  return table(
    [
      'exports an hour',
      'asked for over run',
      'oldest message after an hour',
      'after a day',
      'first loses an export after',
      'then loses',
    ],
    [1_000, 3_000, 5_000, 100_000].map((load) => {
      const overload = overloadOf(load / 3_600, runPerSecond);
      return [
        number(load),
        overload.load.toFixed(2),
        overload.load < 1 ? '-' : duration(overload.ageAfterSeconds(3_600)),
        overload.load < 1 ? '-' : duration(overload.ageAfterSeconds(86_400)),
        overload.load < 1 ? 'never' : duration(overload.losesAfterSeconds),
        overload.load < 1 ? 'nothing' : percent(overload.lostShare),
      ];
    }),
  );
}

function listTable(): string {
  const usualLimit = listQuerySchema.parse({}).limit;
  const requestDollars = (lists: number, reads: number) =>
    (lists / prices.s3Write.per) * prices.s3Write.dollars + (reads / prices.s3Read.per) * prices.s3Read.dollars;
  const pageSeconds = (limit: number) => (1 + Math.ceil(limit / readAtOnce)) * deployment.awsCallSeconds;
  return table(
    [
      'exports an hour',
      'records kept',
      'their size, a month of it',
      `a page of ${usualLimit}`,
      `all pages of ${lookBack}, one after the other`,
      `the newest ${lookBack} go back`,
    ],
    loads.map((load) => {
      const records = load * 24 * deployment.recordStoredDays;
      const gigabytes = (records * billAssumptions.recordKilobytes) / 1e6;
      const pages = Math.ceil(records / lookBack);
      return [
        number(load),
        number(records),
        `${number(gigabytes)} GB, ${dollars(gigabytes * prices.s3GigabyteMonth.dollars)}`,
        `1 LIST, ${usualLimit} GET: ${duration(pageSeconds(usualLimit))}, $${requestDollars(1, usualLimit).toFixed(6)}`,
        `${number(pages)} pages: ${duration(pages * pageSeconds(lookBack))}, ${dollars(requestDollars(pages, records))}`,
        duration((lookBack / load) * 3_600),
      ];
    }),
  );
}

function fleetTable(study: Study): string {
  const [leastMs, mostMs] = sessionTiming.pollMs;
  const looksPerSecond = 1 / ((leastMs + mostMs) / 2_000 + deployment.awsCallSeconds);
  const concurrencies = [
    study.usual.maximumConcurrency,
    concurrencyFor(steadily(study.usual, 10_000)),
    concurrencyFor(steadily(study.usual, 100_000)),
    quotas.eventSourceConcurrency.limit,
  ];
  return table(
    [
      '`maximum_concurrency`',
      'log-ins, all functions new',
      'reads of secrets, all new',
      'reads of secrets while busy',
      'reads of `origin/…` while one logs in',
      'of the 5,500/s of a prefix',
      'exports repeated when the session dies',
    ],
    concurrencies.map((functions) => [
      number(functions),
      '1',
      number(2 * functions),
      `${number(functions / (secretFreshForMs / 1000))}/s`,
      `${number((functions - 1) * looksPerSecond)}/s`,
      percent(((functions - 1) * looksPerSecond) / quotas.s3Reads.limit),
      `at most ${number(functions)}`,
    ]),
  );
}

function monthTable(study: Study): string {
  return table(
    [
      'exports an hour',
      'a month',
      'at list price',
      'per thousand',
      'most of it',
      'downloads over the internet, besides',
    ],
    loads.map((load) => {
      const { usage } = study.steady(load, 'usual');
      const exports = load * hoursInMonth;
      const bill = billOf({ exports, usage });
      const [most] = bill.toSorted((one, other) => other.dollars - one.dollars);
      const total = totalDollars(bill);
      return [
        number(load),
        number(exports),
        dollars(total),
        dollars(total / (exports / 1_000)),
        `${most?.name ?? ''} (${percent((most?.dollars ?? 0) / total)})`,
        dollars(transferDollars({ exports, usage })),
      ];
    }),
  );
}
