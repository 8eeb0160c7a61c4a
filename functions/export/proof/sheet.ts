import { createHeaderRow, type TextBudget } from './header-row.ts';
import { createMarkupBlanker } from './markup-blanker.ts';
import type { PartContent } from './part-content.ts';
import { createRootEnd } from './root-end.ts';
import { createRowScan, type RowScan } from './row-scan.ts';
import type { SharedStrings } from './shared-strings.ts';
import type { XmlTag } from './xml-parser.ts';

/** What a sheet's part told, once it has passed. */
export interface ReadSheet {
  rows(): number;
  columns(): readonly string[] | undefined;
}

/** A worksheet: parsed up to the end of its header row, scanned from there on. */
export function readSheet(root: XmlTag, sharedStrings: SharedStrings, budget: TextBudget): ReadSheet & PartContent {
  const header = createHeaderRow(sharedStrings, budget);
  const blanked = createMarkupBlanker();
  const rootEnd = createRootEnd(root.prefix === '' ? root.local : `${root.prefix}:${root.local}`);
  let scan: RowScan | undefined;
  return {
    handler: header.handler,
    isRead: () => header.isRead(),
    rest: (utf8) => {
      scan ??= createRowScan(header.prefix());
      const visible = blanked(utf8);
      scan.block(visible);
      rootEnd.block(visible);
    },
    end: () => rootEnd.require(),
    rows: () => (scan?.rows() ?? 0) - (header.isOpen() ? 1 : 0),
    columns: () => header.texts(),
  };
}

/** A chart, a dialog or a sheet of macros: it has no rows. */
export function readRowlessSheet(): ReadSheet & PartContent {
  return { handler: {}, isRead: () => true, rows: () => 0, columns: () => [] };
}
