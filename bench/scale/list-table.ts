import { listQuerySchema } from '../../functions/api/parameters.ts';
import { lookBack, readAtOnce } from '../../functions/ledger/export-list.ts';
import { billAssumptions } from './bill-assumptions.ts';
import { deployment } from './deployment.ts';
import { prices } from './prices.ts';
import { dollars, duration, number, table } from './words.ts';

/** What it takes to list the records of a view that has all exports of 30 days. */
export function listTable(loads: readonly number[]): string {
  const usualLimit = listQuerySchema.parse({}).limit;
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

function pageSeconds(limit: number): number {
  return (1 + Math.ceil(limit / readAtOnce)) * deployment.awsCallSeconds;
}

function requestDollars(lists: number, reads: number): number {
  const { s3Write, s3Read } = prices;
  return (lists / s3Write.per) * s3Write.dollars + (reads / s3Read.per) * s3Read.dollars;
}
