import { type BillLine, billOf, fixedDollars, totalDollars, transferDollars } from './bill.ts';
import { prices } from './prices.ts';
import type { Usage } from './usage.ts';
import { dollars, number, percent } from './words.ts';

interface CountedMonth {
  readonly exports: number;
  readonly usage: Usage;
}

/** The arithmetic of a month with few exports, in a paragraph. */
export function quietWords(month: CountedMonth): string {
  const bill = billOf(month);
  const fixed = ['Alarms', 'Dashboard', 'Secrets', "Key of the alarms' topic"].map((name) =>
    multiplied(named(bill, name)),
  );
  const metrics = named(bill, 'Metrics');
  const rest = totalDollars(bill) - fixedDollars() - metrics.dollars;
  return `A month of ${number(month.exports)} exports: ${fixed.join(', ')}, and SQS's empty polls are fixed; metrics ${multiplied(metrics)}; the exports themselves ${dollars(rest)}. In all ${dollars(totalDollars(bill))}.`;
}

/** The largest lines of a month with many exports, in a paragraph; `unwaiting` is the same without waiting callers. */
export function busyWords(month: CountedMonth, unwaitingDollars: string): string {
  const bill = billOf(month);
  const largest = bill.toSorted((a, b) => b.dollars - a.dollars).slice(0, 3);
  const lambda = totalDollars(bill.filter(({ name }) => name.startsWith('Lambda')));
  return [
    `A month of ${number(month.exports)} exports: ${largest.map((line) => `${decapitalized(line.name)} ${multiplied(line)}`).join('; ')}; and little else.`,
    `Lambda is ${percent(lambda / totalDollars(bill))} of it, nearly all for waiting: with \`Prefer: respond-async\` and events a thousand exports are ${unwaitingDollars}.`,
    `Downloads over the internet come on top (${dollars(transferDollars(month))} for ${number(month.usage.mebibytes)} MiB each); within the Region they are free.`,
  ].join(' ');
}

/** What most of a quiet month's bill is for, in a sentence. */
export function quietShareWords(month: CountedMonth): string {
  const bill = billOf(month);
  const watching = totalDollars(['Dashboard', 'Alarms', 'Metrics'].map((name) => named(bill, name)));
  return `Of a quiet month's ${dollars(totalDollars(bill))}, dashboard, alarms and metrics are ${percent(watching / totalDollars(bill))}. The free allowances cover most of them.`;
}

function named(bill: readonly BillLine[], name: string): BillLine {
  const found = bill.find((line) => line.name === name);
  if (found === undefined) throw new Error(`The bill has no line named ${name}.`);
  return found;
}

/** `alarms 26 × $0.10 = $2.60`. */
function multiplied({ name, price, arithmetic, quantity, dollars: cost }: BillLine): string {
  const { dollars: unitDollars, per } = prices[price];
  const factors = /^\d+$/.test(arithmetic)
    ? `${name === "Key of the alarms' topic" ? "the topic's key" : decapitalized(name)} ${number(quantity)}`
    : arithmetic;
  return `${factors} × ${unitDollars < 0.01 ? `$${unitDollars}` : dollars(unitDollars)}${per === 1 ? '' : `/${number(per)}`} = ${dollars(cost)}`;
}

function decapitalized(name: string): string {
  return /^[A-Z][a-z]/.test(name) && !name.startsWith('Lambda')
    ? `${name[0]?.toLowerCase()}${name.slice(1)}`
    : name.replace('Lambda, ', '');
}
