import { expect, test } from 'vitest';
import { prove } from '../support/prove.ts';
import { sheetXml, spreadsheetUri, textRow, workbookParts } from '../support/workbook-parts.ts';
import { zipOf } from '../support/zips.ts';

test('a workbook part of more than 64 MiB is refused', async () => {
  const workbook = `<workbook xmlns="${spreadsheetUri}">${`<a>${'x'.repeat(1000)}</a>`.repeat(70_000)}</workbook>`;
  await expect(prove(zipOf(workbookParts({ workbook })))).rejects.toMatchObject({
    code: 'workbook-unsound',
    message: expect.stringContaining('is larger than'),
  });
});

test('header texts more than 16 MiB behind the first shared string are not learnt, and the rows are', async () => {
  const texts = Array.from({ length: 60_000 }, (_, index) => `<si><t>${'x'.repeat(300)} ${index}</t></si>`);
  const sharedStrings = `<sst xmlns="${spreadsheetUri}">${texts.join('')}</sst>`;
  const sheet = (index: number) => sheetXml(`<row><c t="s"><v>${index}</v></c></row>${textRow('1')}`);
  const sheets = { Near: sheet(40_000), Far: sheet(59_999) };
  const { facts } = await prove(zipOf(workbookParts({ sheets, sharedStrings })), { chunkBytes: 65_536 });
  expect(facts.sheets).toEqual([
    { name: 'Near', rows: 1, columns: [`${'x'.repeat(300)} 40000`] },
    { name: 'Far', rows: 1 },
  ]);
});
