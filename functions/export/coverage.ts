import type { ExportRequest } from '../ledger/export-request.ts';
import type { WorkbookFacts } from '../ledger/record.ts';
import type { SheetFacts } from './proof/proof.ts';

/**
 * How much of the view a workbook holds: `whole` where it begins at the first row and has fewer than the limit asked for, `page`
 * where the limit was filled or rows were skipped, `unknown` without a limit, since Knosc's default is not documented.
 */
export function coverageOf({ index }: ExportRequest, sheets: readonly SheetFacts[]): WorkbookFacts['coverage'] {
  const { limit, offset = 0 } = index ?? {};
  if (offset > 0) return 'page';
  if (limit === undefined) return 'unknown';
  const rows = sheets.reduce((sum, sheet) => sum + sheet.rows, 0);
  return rows < limit ? 'whole' : 'page';
}
