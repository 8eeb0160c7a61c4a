import { constants, deflateRawSync } from 'node:zlib';
import { writeXlsx } from 'hucre/xlsx';
import { partsOf } from '../test/support/workbooks.ts';
import { columns, purchaseOrderRows } from './rows.ts';
import { bytesIn, type Piece, type ZipEntry, zipPieces } from './zip.ts';

/** A workbook that is too large to be held: its bytes in order, and what its deflated streams hold. */
export interface BenchWorkbook {
  readonly bytes: number;
  readonly inflatedBytes: number;
  readonly sheets: number;
  readonly rows: number;
  readonly pieces: readonly Piece[];
  /** Each entry's deflated pieces; every piece ends flushed, and can be inflated alone. */
  readonly entries: readonly ZipEntry[];
}

const blockRows = 5_000;
// Excel's own limit is 1,048,576 rows.
const mostBlocks = 200;

/**
 * A workbook of about so many bytes, as hucre writes it but for one thing: the rows of its sheets are one block of 5,000,
 * deflated once, flushed in full and repeated. So that they may be, rows and cells do not say where they are (`r` is
 * optional: ECMA-376 part 1, 18.3.1.73 and 18.3.1.4).
 */
export async function makeWorkbook(bytes: number): Promise<BenchWorkbook> {
  const one = await partsWith(1);
  const block = blockOf(one);
  const restBytes = bytesIn(zipPieces(entriesOf(one, block, () => 0)));
  const blocks = Math.max(1, Math.round((bytes - restBytes) / block.deflated.byteLength));
  const sheets = Math.ceil(blocks / mostBlocks);

  const entries = entriesOf(await partsWith(sheets), block, (sheet) =>
    Math.min(mostBlocks, blocks - (sheet - 1) * mostBlocks),
  );
  const pieces = zipPieces(entries);
  return {
    bytes: bytesIn(pieces),
    inflatedBytes: entries.reduce((sum, { inflated }) => sum + bytesIn(inflated), 0),
    sheets,
    rows: blocks * blockRows,
    pieces,
    entries,
  };
}

/** The parts of a workbook by hucre: every sheet has a header row, and the first one the block's rows too. */
async function partsWith(sheets: number): Promise<ReadonlyMap<string, Buffer>> {
  const named = Array.from({ length: sheets }, (_, index) => ({
    name: `Sheet${index + 1}`,
    rows: [[...columns], ...(index === 0 ? purchaseOrderRows(blockRows) : [])],
  }));
  return partsOf(await writeXlsx({ sheets: named }));
}

interface Block {
  readonly inflated: Buffer;
  readonly deflated: Buffer;
}

function blockOf(parts: ReadonlyMap<string, Buffer>): Block {
  const inflated = Buffer.from(cutSheet(parts.get(sheetName(1))).rows);
  return { inflated, deflated: flushed(inflated) };
}

/** Every part as an entry, with the rows of the sheet by that number so many times. */
function entriesOf(
  parts: ReadonlyMap<string, Buffer>,
  block: Block,
  timesIn: (sheet: number) => number,
): readonly ZipEntry[] {
  const sheets = new Map([...parts.keys()].map((_, index) => [sheetName(index + 1), index + 1]));
  return [...parts].map(([name, part]) => {
    const sheet = sheets.get(name);
    if (sheet === undefined) {
      return { name, deflated: [once(deflateRawSync(part))], inflated: [once(part)] };
    }
    const { head, tail } = cutSheet(part);
    const times = timesIn(sheet);
    return {
      name,
      deflated: [once(flushed(head)), { bytes: block.deflated, times }, once(deflateRawSync(tail))],
      inflated: [once(head), { bytes: block.inflated, times }, once(tail)],
    };
  });
}

const sheetName = (sheet: number) => `xl/worksheets/sheet${sheet}.xml`;

/** A sheet as hucre writes it: up to the end of its header row, its other rows, and what is behind them. */
function cutSheet(part: Buffer | undefined) {
  const xml = part?.toString() ?? '';
  const rowsAt = xml.indexOf('</row>') + '</row>'.length;
  const rowsEnd = xml.indexOf('</sheetData>');
  return {
    head: Buffer.from(withoutPlaces(xml.slice(0, rowsAt))),
    rows: withoutPlaces(xml.slice(rowsAt, rowsEnd)),
    tail: Buffer.from(xml.slice(rowsEnd)),
  };
}

function withoutPlaces(text: string): string {
  return text.replaceAll(/ r="[A-Z]*\d+"/g, '').replace(/<dimension [^>]*>/, '');
}

const once = (bytes: Buffer): Piece => ({ bytes, times: 1 });

/** Deflated without an end, so that more may follow, and without looking back from there. */
function flushed(bytes: Buffer): Buffer {
  return deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
}
