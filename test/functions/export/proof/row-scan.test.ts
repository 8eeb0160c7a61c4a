import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMarkupBlanker } from '../../../../functions/export/proof/markup-blanker.ts';
import { createRowScan } from '../../../../functions/export/proof/row-scan.ts';

const seed = 20261125;

/** The bytes in pieces, cut after so many bytes, over and over. */
function piecesOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const end = at + (sizes[turn % sizes.length] ?? 1);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

interface Piece {
  readonly xml: string;
  readonly rows: number;
}

/** What stands in sheetData, and how many rows that is. */
function pieceOf(prefix: string): fc.Arbitrary<Piece> {
  const tag = (name: string) => (prefix === '' ? name : `${prefix}:${name}`);
  const row = tag('row');
  const cell = `<${tag('c')} r="A1"><${tag('v')}>wow</${tag('v')}></${tag('c')}>`;
  const pieces: Piece[] = [
    { xml: `<${row}>${cell}</${row}>`, rows: 1 },
    { xml: `<${row} r="2" note="a > b">${cell.repeat(3)}</${row}>`, rows: 1 },
    { xml: `<${row}><${tag('c')}/></${row} >`, rows: 1 },
    { xml: `<${row}><!-- ${'w'.repeat(40)} -->${cell}<?w ${cell}?></${row}>`, rows: 1 },
    { xml: `<${row}>${cell}<!----></${row}>`, rows: 1 },
    { xml: `<${row}/>`, rows: 0 },
    { xml: `<${row} ht="20" />`, rows: 0 },
    { xml: `<${row} ht="20"></${row}>`, rows: 0 },
    { xml: `<${row}>${' '.repeat(60)}</${row}\n>`, rows: 0 },
    { xml: `<${row}><!-- ${cell} ></${row}> --></${row}>`, rows: 0 },
    { xml: `<!-- <${row}>${cell}</${row}> -->`, rows: 0 },
    { xml: `<${tag('a')}><![CDATA[</${row}>]></${row}>]]></${tag('a')}>`, rows: 0 },
    { xml: `<?a </${row}>?>`, rows: 0 },
    { xml: `<${row}Breaks><${tag('brk')}/></${row}Breaks>`, rows: 0 },
    { xml: `<z:row><z:c/></z:row>`, rows: 0 },
    { xml: 'why? who! know row', rows: 0 },
  ];
  return fc.constantFrom(...pieces);
}

describe.each(['', 'x', 'main'])('with the prefix %j', (prefix) => {
  test('rows are counted right wherever the bytes are cut', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2000 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.array(pieceOf(prefix), { maxLength: 30 }), sizes, (pieces, cuts) => {
        const scan = createRowScan(prefix);
        const blanked = createMarkupBlanker();
        const bytes = Buffer.from(pieces.map(({ xml }) => xml).join(''));
        const before = Buffer.from(bytes);
        for (const piece of piecesOf(bytes, cuts)) scan.block(blanked(piece));
        expect(scan.rows()).toBe(pieces.reduce((sum, { rows }) => sum + rows, 0));
        expect(bytes.equals(before)).toBe(true);
      }),
      { seed, numRuns: 2000 },
    );
  });
});

test.each(['', 'x'])('an end tag right behind another one is seen (prefix %j)', (prefix) => {
  const row = prefix === '' ? 'row' : `${prefix}:row`;
  const scan = createRowScan(prefix);
  scan.block(Buffer.from(`<sheetData><${row}><c/><${row}><c/></${row}></${row}></sheetData>${' '.repeat(40)}`));
  expect(scan.rows()).toBe(2);
});
