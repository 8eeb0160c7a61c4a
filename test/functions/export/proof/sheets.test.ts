import { describe, expect, test } from 'vitest';
import { prove } from '../../../support/prove.ts';
import {
  contentTypesXml,
  partOf,
  sheetXml,
  spreadsheetUri,
  textRow,
  workbookParts,
  workbookType,
} from '../../../support/workbook-parts.ts';
import { type ZipPart, zipOf } from '../../../support/zips.ts';

type Parts = Parameters<typeof workbookParts>[0];

async function sheetsOf(parts: readonly ZipPart[], chunkBytes = 4096) {
  return (await prove(zipOf(parts), { chunkBytes })).facts.sheets;
}

/** What is known of the only sheet of a workbook, by the XML of that sheet. */
async function factsOf(sheet: string | Buffer, sharedStrings?: string) {
  const [facts] = await sheetsOf(
    workbookParts({ sheets: { S: sheet }, ...(sharedStrings !== undefined && { sharedStrings }) }),
  );
  return facts;
}

const cells = (...inner: string[]) => `<row>${inner.join('')}</row>`;
const data = textRow('1') + textRow('2');
/** Far more than a sheet has before its header row. */
const long = 'x'.repeat(300_000);

describe('rows', () => {
  test.each<[string, string, number]>([
    ['under a header row', sheetXml(textRow('h') + data), 2],
    ['none under a header row alone', sheetXml(textRow('h')), 0],
    ['none in an empty sheet', sheetXml(''), 0],
    ['none in a sheet with an empty sheetData', `<worksheet xmlns="${spreadsheetUri}"><sheetData/></worksheet>`, 0],
    [
      'not those without a cell',
      sheetXml(`<row r="1"/>${textRow('h')}<row r="3" ht="20"></row>${data}<row r="9"/><row></row>`),
      2,
    ],
    ['not those with white space alone', sheetXml(`${textRow('h')}<row>\n  </row>${data}`), 2],
    ['not those with a comment alone', sheetXml(`${textRow('h')}<row><!-- <c></c> --></row>${data}`), 2],
    ['those with an empty cell', sheetXml(`${textRow('h')}<row><c r="A2"/></row>`), 1],
    ['with attributes and white space', sheetXml(`${textRow('h')}<row\n r="2" note='a > b / '><c/></row\n>`), 1],
    [
      'not rowBreaks',
      sheetXml(`${textRow('h')}${data}`).replace('</worksheet>', '<rowBreaks><brk id="1"/></rowBreaks></worksheet>'),
      2,
    ],
    ['not in comments', sheetXml(`${textRow('h')}<!--${data}-->${data}`), 2],
    ['not in CDATA', sheetXml(`${textRow('h')}${textRow(`<![CDATA[${data}]]>`)}`), 1],
    ['not in processing instructions', sheetXml(`${textRow('h')}<?note ${data}?>${data}`), 2],
    ['with ! and ? in texts', sheetXml(`${textRow('h')}${textRow('Sheet1!A1', 'why?')}${textRow('? !')}`), 2],
    [
      'not of another namespace before the header row',
      sheetXml(`<y:row xmlns:y="y"><y:c/></y:row>${textRow('h')}${data}`),
      2,
    ],
    [
      'with a prefix',
      sheetXml(textRow('h') + data)
        .replaceAll(/<(\/?)(\w)/g, '<$1x:$2')
        .replace('xmlns', 'xmlns:x'),
      2,
    ],
    [
      'not of another namespace',
      sheetXml(textRow('h') + data).replace(
        '</worksheet>',
        '<extLst xmlns:y="y"><y:row><y:c/></y:row></extLst></worksheet>',
      ),
      2,
    ],
    ['with long texts', sheetXml(textRow('h') + textRow(long) + data), 3],
    [
      'with an XML declaration and a byte order mark',
      `\ufeff<?xml version="1.0" encoding="UTF-8"?>\n${sheetXml(textRow('h') + data)}\n`,
      2,
    ],
    [
      'in a strict workbook',
      sheetXml(textRow('h') + data).replace(spreadsheetUri, 'http://purl.oclc.org/ooxml/spreadsheetml/main'),
      2,
    ],
  ])('count %s', async (_name, sheet, rows) => {
    expect(await factsOf(sheet)).toMatchObject({ name: 'S', rows });
  });

  test('count in UTF-16 as well', async () => {
    const xml = `\ufeff<?xml version="1.0" encoding="UTF-16"?>${sheetXml(textRow('hø') + data)}`;
    const little = Buffer.from(xml, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const bytes of [little, big, little.subarray(2), big.subarray(2)]) {
      expect(await factsOf(bytes)).toEqual({ name: 'S', rows: 2, columns: ['hø'] });
    }
  });
});

describe('columns', () => {
  test.each<[string, string, readonly string[]]>([
    ['inline strings', textRow('a', 'b &amp; c'), ['a', 'b & c']],
    [
      'rich text, without its phonetics',
      cells('<c t="inlineStr"><is><r><t>a</t></r><r><t> b</t></r><rPh><t>x</t></rPh></is></c>'),
      ['a b'],
    ],
    ['formula results', cells('<c t="str"><f>A2&amp;"x"</f><v>ax</v></c>'), ['ax']],
    ['numbers as they are stored', cells('<c><v>1.50</v></c>', '<c t="n"><v>45000</v></c>'), ['1.50', '45000']],
    ['booleans', cells('<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>'), ['TRUE', 'FALSE']],
    ['errors', cells('<c t="e"><v>#N/A</v></c>'), ['#N/A']],
    [
      'escapes',
      textRow('a_x000D_b', '_x005F_x000D_', '_xD83D__xDCE6_', '_xD83D_', '_x12_'),
      ['a\rb', '_x000D_', '📦', '\ufffd', '_x12_'],
    ],
    ['CDATA', textRow('<![CDATA[a < b]]>'), ['a < b']],
    [
      'at their places',
      cells('<c r="B1"><v>1</v></c>', '<c><v>2</v></c>', '<c r="AA1"><v>3</v></c>'),
      ['', '1', '2', ...Array.from({ length: 23 }, () => ''), '3'],
    ],
    ['without empty cells at the end', cells('<c><v>1</v></c>', '<c s="1"/>', '<c/>'), ['1']],
    ['of the first row with a cell', `<row/><row></row>${textRow('a')}`, ['a']],
    ['shared strings', cells('<c t="s"><v>1</v></c>', '<c t="s"><v>0</v></c>'), ['one & rich', 'zero']],
  ])('are %s', async (_name, row, columns) => {
    const sst = `<sst xmlns="${spreadsheetUri}"><si><t>zero</t></si><si><r><t>one &amp; </t></r><r><t>rich</t></r><rPh><t>x</t></rPh></si></sst>`;
    expect(await factsOf(sheetXml(row + data), sst)).toEqual({ name: 'S', rows: 2, columns });
  });

  const shared = sheetXml(`<row><c t="s"><v>30000</v></c></row>${data}`);
  const manyTexts = Array.from({ length: 30_001 }, (_, index) => `<si><t>text ${index}</t></si>`).join('');
  const sst = `<sst xmlns="${spreadsheetUri}">${manyTexts}</sst>`;

  test('are found far behind in shared strings that come behind the sheet', async () => {
    expect(await factsOf(shared, sst)).toEqual({ name: 'S', rows: 2, columns: ['text 30000'] });
  });

  test('are found among the first shared strings also where these come before the sheet', async () => {
    const parts = workbookParts({
      sheets: { S: sheetXml(`<row><c t="s"><v>19999</v></c></row>`) },
      sharedStrings: sst,
    });
    expect(await sheetsOf(parts.toReversed())).toEqual([{ name: 'S', rows: 0, columns: ['text 19999'] }]);
  });

  test('are absent where the shared strings come before the sheet and the text is far behind', async () => {
    const parts = workbookParts({ sheets: { S: shared }, sharedStrings: sst });
    expect(await sheetsOf(parts.toReversed())).toEqual([{ name: 'S', rows: 2 }]);
  });

  test('are absent where long shared strings come before the sheet and the text behind them', async () => {
    const texts = `<si><t>${'x'.repeat(30_000)}</t></si>`.repeat(20);
    const sheet = sheetXml(`<row><c t="s"><v>19</v></c></row>${data}`);
    const parts = workbookParts({
      sheets: { S: sheet },
      sharedStrings: `<sst xmlns="${spreadsheetUri}">${texts}</sst>`,
    });
    expect(await sheetsOf(parts.toReversed())).toEqual([{ name: 'S', rows: 2 }]);
  });

  test('are absent where there are more of them than a sheet can have, and the rows are right', async () => {
    const wide = `<row>${'<c/>'.repeat(16_385)}</row>`;
    expect(await factsOf(sheetXml(wide + data))).toEqual({ name: 'S', rows: 2 });
    expect(await factsOf(sheetXml(textRow(...Array.from({ length: 3 }, () => long)) + data))).toEqual({
      name: 'S',
      rows: 2,
    });
  });
});

describe('the parts of a workbook', () => {
  const two = { sheets: { First: sheetXml(textRow('a')), 'Second &amp; last': sheetXml(textRow('b') + data) } };
  const facts = [
    { name: 'First', rows: 0, columns: ['a'] },
    { name: 'Second & last', rows: 2, columns: ['b'] },
  ];
  const renamed = (parts: readonly ZipPart[], names: Readonly<Record<string, string>>) =>
    parts.map((part) => ({ ...part, name: names[part.name] ?? part.name }));
  const [, , relationships] = workbookParts(two);
  const related = String(relationships?.body);

  test.each<[string, () => readonly ZipPart[]]>([
    ['in the usual order', () => workbookParts(two)],
    ['in the opposite order', () => workbookParts(two).toReversed()],
    [
      'by the type of their extension',
      () =>
        workbookParts({
          ...two,
          contentTypes: contentTypesXml.replace(/<Override[^>]*>/, '').replace('application/xml', workbookType),
        }),
    ],
    [
      'with absolute targets',
      () => workbookParts({ ...two, relationships: related.replaceAll('worksheets/', '/xl/worksheets/') }),
    ],
    [
      'with targets that go up and down',
      () => workbookParts({ ...two, relationships: related.replaceAll('worksheets/', './../xl/x/../worksheets/') }),
    ],
    [
      'with fragments behind targets',
      () => workbookParts({ ...two, relationships: related.replaceAll('.xml"', '.xml#A1"') }),
    ],
    [
      'beside more links than there may be relationships',
      () => {
        const link = '<Relationship Id="a" Type="hyperlink" Target="https://example.com" TargetMode="External"/>';
        const links = related.replace('</Relationships>', `${link.repeat(50_001)}</Relationships>`);
        return [partOf('xl/worksheets/_rels/sheet1.xml.rels', links), ...workbookParts(two)];
      },
    ],
    [
      'with targets in another case',
      () => workbookParts({ ...two, relationships: related.replaceAll('worksheets/', 'Worksheets/') }),
    ],
    [
      'under other names',
      () =>
        renamed(
          workbookParts({
            ...two,
            contentTypes: contentTypesXml.replace('/xl/workbook.xml', '/book.xml'),
            relationships: related.replaceAll('worksheets/', 'xl/worksheets/'),
          }),
          {
            'xl/workbook.xml': 'book.xml',
            'xl/_rels/workbook.xml.rels': '_rels/book.xml.rels',
          },
        ),
    ],
    [
      'with a space in a name',
      () =>
        renamed(workbookParts({ ...two, relationships: related.replace('sheet1', 'sheet%201') }), {
          'xl/worksheets/sheet1.xml': 'xl/worksheets/sheet%201.xml',
        }),
    ],
    [
      'beside pictures and broken XML that is not its own',
      () => [partOf('a.png', '\u0089PNG>'), partOf('b.xml', '<a><b></a>'), partOf('c.xml', ''), ...workbookParts(two)],
    ],
  ])('are found %s', async (_name, make) => {
    expect(await sheetsOf(make())).toEqual(facts);
    expect(await sheetsOf(make(), 1)).toEqual(facts);
  });

  test.each(['chartsheet', 'dialogsheet'])('may be a %s, which has no rows', async (kind) => {
    expect(await factsOf(`<${kind} xmlns="${spreadsheetUri}"/>`)).toEqual({ name: 'S', rows: 0, columns: [] });
  });

  const manyOverrides = Array.from({ length: 20_000 }, (_, index) => `<Override PartName="/${index}"/>`).join('');
  const manyRelationships = '<Relationship Id="a" Target="b"/>'.repeat(50_000);
  const dropped = (name: string) => workbookParts().filter((part) => part.name !== name);
  const xml = (parts: Parts) => () => workbookParts(parts);
  test.each<[string, () => readonly ZipPart[], string]>([
    ['without content types', () => dropped('[Content_Types].xml'), 'it has no [Content_Types].xml'],
    ['with content types that are none', xml({ contentTypes: '<a/>' }), "is not the XML of a workbook's content types"],
    ['with content types that are cut', xml({ contentTypes: contentTypesXml.slice(0, -3) }), 'is not well-formed XML'],
    [
      'that its content types do not name',
      xml({ contentTypes: contentTypesXml.replaceAll('main+xml', 'other+xml') }),
      'names no workbook part',
    ],
    ['without a workbook part', () => dropped('xl/workbook.xml'), 'it has no "xl/workbook.xml"'],
    ['with a workbook part that is none', xml({ workbook: '<workbook/>' }), "is not the XML of a workbook's workbook"],
    ['with a workbook part that is no XML', xml({ workbook: 'hello' }), 'is not well-formed XML'],
    [
      'with two workbook parts',
      () => [
        ...workbookParts({
          contentTypes: contentTypesXml.replace(
            '</Types>',
            `<Override PartName="/b.xml" ContentType="${workbookType}"/></Types>`,
          ),
        }),
        { ...partOf('b.xml', workbookParts()[1]?.body ?? '') },
      ],
      'more than one workbook part',
    ],
    [
      'with a document type declaration',
      xml({ workbook: `<!DOCTYPE workbook [<!ENTITY a "b">]>${String(workbookParts()[1]?.body)}` }),
      'document type declaration',
    ],
    [
      'with another encoding',
      xml({ workbook: `<?xml version="1.0" encoding="windows-1252"?>${String(workbookParts()[1]?.body)}` }),
      'encoding is "windows-1252"',
    ],
    ['without a sheet', xml({ sheets: {} }), 'lists no sheet'],
    [
      'with a sheet without a relationship',
      xml({ relationships: '<a/>' }),
      'nothing tells which part holds its sheet "Sheet1" ("rId1")',
    ],
    ['without a sheet part', () => dropped('xl/worksheets/sheet1.xml'), 'it has no "xl/worksheets/sheet1.xml"'],
    ['with a sheet part that is none', xml({ sheets: { S: '<worksheet/>' } }), "is not the XML of a workbook's sheet"],
    [
      'with a sheet that has no relationship id',
      xml({ workbook: String(workbookParts()[1]?.body).replace(/r:id="[^"]*"/, '') }),
      'without name or r:id',
    ],
    [
      'with a sheet that is cut in its header row',
      xml({ sheets: { S: sheetXml(textRow('a', 'b')).slice(0, -60) } }),
      'is not well-formed XML',
    ],
    [
      'with a sheet that is cut behind its header row',
      xml({ sheets: { S: sheetXml(textRow('a') + data).slice(0, -40) } }),
      'does not end with </worksheet>',
    ],
    [
      'with entities that XML does not have',
      xml({ sheets: { S: sheetXml(textRow('a&nbsp;b')) } }),
      'is not well-formed XML',
    ],
    [
      'with elements that are too deep',
      xml({ sheets: { S: sheetXml('<a>'.repeat(63) + '</a>'.repeat(63)) } }),
      'elements more than 64 deep',
    ],
    [
      'with content types without end',
      xml({ contentTypes: contentTypesXml.replace('</Types>', `${manyOverrides}</Types>`) }),
      'names more than 20000 parts',
    ],
    [
      'with relationships without end',
      xml({ relationships: related.replace('</Relationships>', `${manyRelationships}</Relationships>`) }),
      'relationships than a workbook needs',
    ],
    [
      'with sheets without end',
      xml({ sheets: Object.fromEntries(Array.from({ length: 4097 }, (_, index) => [`S${index}`, sheetXml('')])) }),
      'lists more than 4096 sheets',
    ],
    [
      'with a sheet that is not UTF-8',
      xml({ sheets: { S: Buffer.from(sheetXml(textRow('\u00e9')), 'latin1') } }),
      'is not UTF-8',
    ],
  ])('are refused %s', async (_name, make, reason) => {
    await expect(sheetsOf(make())).rejects.toMatchObject({
      code: 'workbook-unsound',
      message: expect.stringContaining(reason),
    });
  });
});
