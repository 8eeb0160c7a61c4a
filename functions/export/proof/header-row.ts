import { columnOf, unescapedText } from './cell-text.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { XmlHandler } from './xml-parser.ts';

/** How many cells and characters of header rows are kept, for all sheets of a workbook together. */
export interface TextBudget {
  characters: number;
}

/** About 1 MiB of memory and more than 100 sheets of 200 columns; a cell counts as 16 characters and its text. */
export function createTextBudget(): TextBudget {
  return { characters: 512 * 1024 };
}

export interface HeaderRow {
  readonly handler: XmlHandler;
  /** True behind the header row's end tag, behind the last row of a sheet without one, and in a header row too long to keep. */
  isRead(): boolean;
  /** Whether the header row was still open where `isRead` became true. */
  isOpen(): boolean;
  /** The prefix of the sheet's elements. */
  prefix(): string;
  /** Undefined if the row was longer than the budget, or if the shared strings were read no further than before one of its texts. */
  texts(): readonly string[] | undefined;
}

/** Excel's own limit. */
const mostColumns = 16_384;
const cellCost = 16;
const rowPath = 'worksheet/sheetData/row';
const textPaths: ReadonlySet<string> = new Set(['/v', '/is/t', '/is/r/t'].map((end) => `${rowPath}/c${end}`));

interface Cell {
  readonly column: number;
  readonly type: string;
  text: string;
}

/**
 * The first row of a sheet that holds a cell. Its texts stand at their columns, '' where there is no cell, up to the last that is not
 * empty. Numbers and dates are as they are stored, not as their format shows them; booleans are TRUE and FALSE, as in Excel.
 */
export function createHeaderRow(sharedStrings: SharedStrings, budget: TextBudget): HeaderRow {
  const cells: Cell[] = [];
  let prefix = '';
  let cell: Cell | undefined;
  let isRead = false;
  let isTooLong = false;

  function open(path: string, tag: Parameters<NonNullable<XmlHandler['open']>>[1]): void {
    if (path === 'worksheet') prefix = tag.prefix;
    if (path === rowPath) prefix = tag.prefix;
    if (path !== `${rowPath}/c`) return;
    const column = columnOf(tag.attribute('r') ?? '') ?? (cells.at(-1)?.column ?? -1) + 1;
    cell = { column, type: tag.attribute('t') ?? 'n', text: '' };
    cells.push(cell);
    budget.characters -= cellCost;
    if (column >= mostColumns || budget.characters < 0) giveUp();
  }

  function giveUp(): void {
    isTooLong = true;
    isRead = true;
    cells.length = 0;
  }

  function close(path: string): void {
    if (path === `${rowPath}/c` && cell) {
      if (cell.type === 's') sharedStrings.want(Number(cell.text));
      cell = undefined;
    }
    if (path === 'worksheet/sheetData' || (path === rowPath && cells.length > 0)) isRead = true;
  }

  function textOf({ type, text }: Cell): string | undefined {
    if (type === 's') return sharedStrings.text(Number(text));
    if (type === 'b') return text.trim() === '1' || text.trim() === 'true' ? 'TRUE' : 'FALSE';
    return unescapedText(text);
  }

  return {
    handler: {
      open,
      text: (path, piece) => {
        if (!cell || !textPaths.has(path)) return;
        cell.text += piece;
        budget.characters -= piece.length;
        if (budget.characters < 0) giveUp();
      },
      close,
    },
    isRead: () => isRead,
    isOpen: () => isTooLong,
    prefix: () => prefix,
    texts: () => (isTooLong ? undefined : rowOf(cells.map((one) => ({ column: one.column, text: textOf(one) })))),
  };
}

function rowOf(cells: readonly { readonly column: number; readonly text: string | undefined }[]) {
  const row: string[] = [];
  for (const { column, text } of cells) {
    if (text === undefined) return undefined;
    while (row.length < column) row.push('');
    row[column] = text;
  }
  return row.slice(0, row.findLastIndex((text) => text !== '') + 1);
}
