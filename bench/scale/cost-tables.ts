import { billAssumptions } from './bill-assumptions.ts';
import {
  type BillLine,
  billOf,
  dollarsAfterFree,
  fixedDollars,
  keyDollars,
  totalDollars,
  transferDollars,
} from './bill.ts';
import { busyWords, quietShareWords, quietWords } from './cost-words.ts';
import { freeTransferGigabytes, prices, pricesAsOf, transferPage, transferTiers } from './prices.ts';
import type { Study } from './study.ts';
import type { Usage } from './usage.ts';
import { amount, dollars, number, percent, table } from './words.ts';

const quietExports = 300;
const busyExports = 1_000_000;
const hoursInMonth = billAssumptions.daysInMonth * 24;

/** The tables of docs/cost.md, by the names of their markers. */
export function costTables(study: Study): Readonly<Record<string, string>> {
  const { quiet, busy } = monthsOf(study);
  return {
    summary: table(
      [...summaryHeader, 'downloads over the internet', "with a customer's key"],
      [quiet, busy].map((month) => [
        ...summaryRow(month),
        `+ ${dollars(transferDollars(month))}`,
        `+ ${dollars(keyDollars(month))}`,
      ]),
    ),
    'quiet-month': billTable(billOf(quiet)),
    'busy-month': billTable(billOf(busy)),
    'what-it-depends-on': dependenceTable(study),
    'quiet-share': quietShareWords(quiet),
    assumptions: assumptionTable(),
    prices: priceTable(),
  };
}

/** The short table of the README, with its arithmetic. */
export function readmeTables(study: Study): Readonly<Record<string, string>> {
  const { quiet, busy } = monthsOf(study);
  const unwaiting = perThousand(study.unwaiting(busyExports / hoursInMonth, 'usual'));
  return {
    costs: [table(summaryHeader, [quiet, busy].map(summaryRow)), quietWords(quiet), busyWords(busy, unwaiting)].join(
      '\n\n',
    ),
  };
}

interface CountedMonth {
  readonly exports: number;
  readonly usage: Usage;
}

function monthsOf(study: Study): { readonly quiet: CountedMonth; readonly busy: CountedMonth } {
  return {
    quiet: { exports: quietExports, usage: usageIn(study, quietExports) },
    busy: { exports: busyExports, usage: usageIn(study, busyExports) },
  };
}

const summaryHeader = [
  'a month of',
  'fixed',
  'metrics',
  'per thousand exports, besides',
  'in all',
  "after AWS's free allowances",
];

function summaryRow(month: CountedMonth): readonly string[] {
  const bill = billOf(month);
  const total = totalDollars(bill);
  const metrics = metricDollars(bill);
  return [
    `${number(month.exports)} exports`,
    dollars(fixedDollars()),
    dollars(metrics),
    dollars((total - fixedDollars() - metrics) / (month.exports / 1_000)),
    dollars(total),
    dollars(dollarsAfterFree(bill)),
  ];
}

/** Of a million exports, without what is fixed. */
function perThousand(usage: Usage): string {
  const bill = billOf({ exports: busyExports, usage });
  return dollars((totalDollars(bill) - fixedDollars() - metricDollars(bill)) / (busyExports / 1_000));
}

function metricDollars(bill: readonly BillLine[]): number {
  return totalDollars(bill.filter(({ price }) => price === 'metricMonth'));
}

function billTable(bill: readonly BillLine[]): string {
  const rows = bill.map(({ name, price, arithmetic, quantity, dollars: cost }) => {
    const { dollars: unitDollars, per, unit } = prices[price];
    return [
      name,
      arithmetic,
      amount(quantity, unit),
      per === 1 ? `$${unitDollars}` : `$${unitDollars} / ${number(per)}`,
      dollars(cost),
    ];
  });
  return table(
    ['what', 'arithmetic', 'quantity', 'price', 'a month'],
    [...rows, ['**in all**', '', '', '', `**${dollars(totalDollars(bill))}**`]],
  );
}

function dependenceTable(study: Study): string {
  const perHour = busyExports / hoursInMonth;
  return table(
    ['Knosc is', 'callers wait', 'callers hear of it by an event', 'of the former, Lambda'],
    (['quick', 'usual', 'slow'] as const).map((origin) => {
      const { usage } = study.steady(perHour, origin);
      const bill = billOf({ exports: busyExports, usage });
      const lambda = totalDollars(bill.filter(({ name }) => name.startsWith('Lambda')));
      return [
        origin,
        perThousand(usage),
        perThousand(study.unwaiting(perHour, origin)),
        percent(lambda / totalDollars(bill)),
      ];
    }),
  );
}

function assumptionTable(): string {
  const is = billAssumptions;
  return table(
    ['assumed', 'value'],
    [
      ['a month', `${is.daysInMonth} days`],
      ['secrets: credentials, session key; each webhook is one more', number(is.secrets)],
      ['custom metrics (name and dimensions), alarms, dashboards', `${is.metrics}, ${is.alarms}, ${is.dashboards}`],
      ['exports that a schedule asked for (priced as if they had a caller too)', percent(is.scheduledShare)],
      ['AWS keeps an idle function warm', `${is.warmSeconds} s; it does not say`],
      ['a function that is not warm starts, and gets its session, in', `${is.coldSeconds} s`],
      ['a record; a claim or an index entry', `${is.recordKilobytes} kB; ${is.smallObjectKilobytes} kB`],
      [
        'logs: an HTTP call, of the function and of the gateway; a run',
        `${is.apiLogKilobytesPerCall} and ${is.gatewayLogKilobytesPerCall} kB; ${is.exportLogKilobytes} kB, metrics included`,
      ],
      ["a line of the bucket's access log", `${is.accessLogKilobytesPerCall} kB`],
      ['the event source polls an empty queue', `${is.pollers} times in ${is.pollSeconds} s`],
      ['X-Ray traces', `the first request of a second and ${percent(is.tracedShare)} of the others`],
      ['calls of KMS for a call of S3, with a bucket key', number(is.keyCallsPerS3Call)],
    ],
  );
}

function priceTable(): string {
  const rows = Object.values(prices).map(({ dollars: unitDollars, per, unit, freePerMonth, page }) => [
    page,
    `$${unitDollars} for ${amount(per, unit)}`,
    freePerMonth === 0 ? '' : number(freePerMonth),
  ]);
  const tiers = transferTiers.map(({ gigabytes, dollars: unitDollars }) =>
    Number.isFinite(gigabytes) ? `$${unitDollars} for ${number(gigabytes)} GB` : `then $${unitDollars}`,
  );
  return table(
    [`page, as of ${pricesAsOf}`, 'us-east-1', 'free each month'],
    [...rows, [transferPage, tiers.join(', '), `${freeTransferGigabytes} GB`]],
  );
}

function usageIn(study: Study, exports: number): Usage {
  return study.steady(exports / hoursInMonth, 'usual').usage;
}
