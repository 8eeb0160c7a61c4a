import { billAssumptions } from './bill-assumptions.ts';
import { billOf, totalDollars, transferDollars } from './bill.ts';
import { firstToGiveWay } from './first-to-give-way.ts';
import { fleetTable } from './fleet-table.ts';
import { inputTable } from './inputs.ts';
import { listTable } from './list-table.ts';
import { concurrencyTable, loadTable } from './load-tables.ts';
import { originTable } from './origin-table.ts';
import { outageTable } from './outage-table.ts';
import { overloadOf } from './overload.ts';
import { quotaTable } from './quota-table.ts';
import { meanRunSeconds } from './scenario.ts';
import type { Study } from './study.ts';
import { dollars, duration, number, percent, table } from './words.ts';

const loads = [10, 1_000, 100_000] as const;
const hoursInMonth = billAssumptions.daysInMonth * 24;

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
    list: listTable(loads),
    fleet: fleetTable(study),
    month: monthTable(study),
    quotas: quotaTable(),
  };
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
