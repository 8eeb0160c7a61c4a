import { readXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { spreadsheetMediaType } from '../../../functions/ledger/link.ts';
import { type KnoscSandbox, startKnosc } from '../../../sandbox/knosc/start.ts';
import { seededUsers } from '../../../sandbox/knosc/users.ts';
import { createKnoscClient, type KnoscClient } from '../../support/knosc-client.ts';
import { partsOf, rowsOf } from '../../support/workbooks.ts';
import { exportedRows } from './exported-rows.ts';

let knosc: KnoscSandbox;
let client: KnoscClient;

beforeAll(async () => {
  // Where midnight is another day than in UTC: a date that is made from local time shows.
  vi.stubEnv('TZ', 'Pacific/Kiritimati');
  knosc = await startKnosc({ orders: 300 });
  client = createKnoscClient(knosc.url);
  await client.logIn(seededUsers.full);
});

afterAll(async () => {
  await knosc.close();
  vi.unstubAllEnvs();
});

const rows = (body: object) => exportedRows(client, body);

describe('an export', () => {
  test('is a workbook with the documented headers of HTTP', async () => {
    const answer = await client.exportData({ view_name: 'item_master' });
    expect(answer.headers.get('content-type')).toBe(spreadsheetMediaType);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="export.xlsx"');
    expect(answer.headers.has('content-length')).toBe(false);
    await answer.arrayBuffer();
  });

  test('shows dates on their own day, whatever the time zone of the machine', async () => {
    expect(new Date(2024, 0, 1).getTimezoneOffset()).toBe(-14 * 60);
    const [order] = await rows({ view_name: 'purchase_order_list', filters: { id: 42 } });
    expect(order?.['PO List Order Date']).toBe('2024-03-01');
  });

  test.each([
    ['purchase_order_list', [18, 30, 25, 20, 16, 18], ['', '', '', 'yyyy-mm-dd', '#,##0', '#,##0']],
    [
      'item_master',
      [10, 20, 40, 20, 20, 20, 20, 13, 20, 21, 22],
      ['0', '', '', '', '', '', '', '', '', '#,##0', '#,##0'],
    ],
    ['dashboard_total', [14, 15, 23, 26], ['#,##0.00', '#,##0.00', '#,##0.00', '#,##0']],
    ['log_list', [10, 20, 30, 20, 20, 20, 20, 15], ['0', 'yyyy-mm-dd hh:mm:ss', '', '', '', '', '', '']],
  ])(
    'of %s keeps its header row in sight, its columns wide enough, its values in their formats',
    async (view_name, widths, formats) => {
      const answer = await client.exportData({ view_name, index: { limit: 1 } });
      const { sheets } = await readXlsx(new Uint8Array(await answer.arrayBuffer()), { readStyles: true });
      const [sheet] = sheets;
      expect(sheet).toMatchObject({ name: 'Sheet1', freezePane: { rows: 1 } });
      expect(formats.map((_, column) => sheet?.cells?.get(`1,${column}`)?.style?.numFmt ?? '')).toEqual(formats);
      expect(sheet?.columns?.map(({ width }) => width)).toEqual(widths);
    },
  );

  test('keeps text that looks like a formula, markup or rare letters as the text it is', async () => {
    const [item] = await rows({ view_name: 'item_master', filters: { 'Item Number': 'ITEM-AWKWARD' } });
    expect(item?.['Item Description']).toBe(
      '=HYPERLINK("http://example.invalid","click") & <b>"quotes"</b>  two spaces 📦 漢字',
    );
  });

  test('keeps control characters, breaks, outer spaces, and what only looks like an escape', async () => {
    const [ticket] = await rows({ view_name: 'issue_tracker_tickets', filters: { id: 'TKT-002' } });
    expect(ticket?.['Title']).toBe('  _x0041_ \u0001\u001f tab\tend  ');
    expect(ticket?.['Description']).toBe(
      '+1\r\n-2\n@SUM(A1) \u{1F468}\u200D\u{1F469}\u200D\u{1F467} e\u0301 \u202Eאב ]]> &#x41; \uFFFE\uFFFF end',
    );
  });

  test('is of XML that every reader takes', async () => {
    const answer = await client.exportData({ view_name: 'issue_tracker_tickets' });
    const parts = [...partsOf(new Uint8Array(await answer.arrayBuffer()))];
    for (const [name, bytes] of parts) {
      const xml = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      expect(xml, name).not.toMatch(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
      expect(xml, name).not.toContain('<f>');
    }
    expect(parts.length).toBeGreaterThan(5);
  });

  test('is the same at every start', async () => {
    const other = await startKnosc({ orders: 300 });
    const otherClient = createKnoscClient(other.url);
    await otherClient.logIn(seededUsers.full);
    const body = { view_name: 'purchase_order_details', index: { limit: 50 } };
    expect(await exportedRows(otherClient, body)).toEqual(await rows(body));
    await other.close();
  });

  test('past the end has its header row only', async () => {
    const answer = await client.exportData({ view_name: 'unit_master', index: { offset: 100_000 } });
    expect(await rowsOf(new Uint8Array(await answer.arrayBuffer()))).toEqual([
      ['id', 'Unit Code', 'Unit Name', 'Unit Type'],
    ]);
  });
});

test('a client that goes away ends its query long before the last row', async () => {
  const large = await startKnosc({ orders: 20_000 });
  const ownClient = createKnoscClient(large.url);
  await ownClient.logIn(seededUsers.full);
  const leaving = new AbortController();
  const answer = await fetch(`${large.url}/api/export-data`, {
    method: 'POST',
    signal: leaving.signal,
    headers: {
      cookie: `access_token_cookie=${ownClient.cookies.get('access_token_cookie')}`,
      'x-xsrf-token': ownClient.cookies.get('csrf_access_token') ?? '',
    },
    body: JSON.stringify({ view_name: 'purchase_order_details' }),
  });
  leaving.abort();
  await expect(answer.arrayBuffer()).rejects.toThrow('abort');
  const call = await vi.waitFor(
    async () => {
      const found = (await large.calls()).find(({ viewName }) => viewName === 'purchase_order_details');
      expect(found).toBeDefined();
      return found;
    },
    { timeout: 10_000, interval: 5 },
  );
  // The view has about 52,000.
  expect(call?.rows).toBeLessThan(25_000);
  await large.close();
});
