import { expect } from 'vitest';
import type { KnoscClient } from '../../support/knosc-client.ts';
import { rowsOf } from '../../support/workbooks.ts';

export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

/** What an export holds, by column key; dates as `YYYY-MM-DD`. */
export async function exportedRows(client: KnoscClient, body: object): Promise<readonly Row[]> {
  const answer = await client.exportData(body);
  expect(answer.status, answer.status === 200 ? '' : await answer.clone().text()).toBe(200);
  const [header = [], ...cells] = await rowsOf(new Uint8Array(await answer.arrayBuffer()));
  return cells.map((row) => Object.fromEntries(header.map((key, column) => [String(key), plain(row[column])])));
}

function plain(value: unknown): Cell {
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}
