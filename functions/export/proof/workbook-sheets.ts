import { ExportFailure } from '../../ledger/failure.ts';
import type { ContentTypes } from './content-types.ts';
import type { MetPart, MetParts } from './met-part.ts';
import { partKey, relationshipsPartOf, targetPart } from './part-name.ts';
import type { Relationships } from './relationships.ts';
import type { ReadSheet } from './sheet.ts';
import { quoted, unsound } from './unsound.ts';
import type { ListedSheet } from './workbook-part.ts';

export interface SheetFacts {
  readonly name: string;
  /** Rows under the header row, which is the first that holds a cell. Rows without a cell do not count. */
  readonly rows: number;
  /**
   * Texts of the header row, '' where it has no cell. Absent where they could not be learnt in bounded memory: a header row beyond
   * column XFD, more than 512 Ki characters in all header rows, or a text that lies far behind the first in the shared strings
   * (behind 16 MiB, or where its sheet comes behind them, behind the first 20,000 texts or 512 Ki characters).
   */
  readonly columns?: readonly string[];
}

interface KnownParts {
  readonly met: MetParts;
  readonly contentTypes: ContentTypes;
  readonly relationships: Relationships;
}

export const contentTypesName = '[Content_Types].xml';

/**
 * The sheets in the workbook's order. Fails with `workbook-unsound` unless there is `[Content_Types].xml`, the one workbook part that it
 * names, and every sheet of that (ECMA-376 part 2, 6.2.3; part 1, 12.3.23 and 12.3.24).
 */
export function sheetsOf({ met, contentTypes, relationships }: KnownParts): readonly SheetFacts[] {
  const types = met.get(partKey(contentTypesName));
  if (!types?.isContentTypes) throw isWrong(contentTypesName, types, 'content types');
  const { name: workbook, listedSheets } = findWorkbook(met, contentTypes);
  if (listedSheets.length === 0) throw notAWorkbook(`${quoted(workbook)} lists no sheet`);
  return listedSheets.map(({ name, relationshipId }) => {
    const target = relationships.target(relationshipsPartOf(workbook), relationshipId);
    if (target === undefined) {
      throw notAWorkbook(`nothing tells which part holds its sheet ${quoted(name)} (${quoted(relationshipId)})`);
    }
    return factsOf(name, requireSheet(met, targetPart(workbook, target)));
  });
}

function findWorkbook(met: MetParts, contentTypes: ContentTypes) {
  const workbooks = [...met.values()].filter(isWorkbookPart).filter(({ name }) => contentTypes.isWorkbook(name));
  const [workbook] = workbooks;
  if (workbook && workbooks.length === 1) return workbook;
  if (workbook) throw notAWorkbook(`its ${contentTypesName} names more than one workbook part`);
  const [named] = contentTypes.namedWorkbooks();
  if (named === undefined) throw notAWorkbook(`its ${contentTypesName} names no workbook part`);
  throw isWrong(named, met.get(partKey(named)), 'workbook');
}

function isWorkbookPart(part: MetPart): part is MetPart & { readonly listedSheets: readonly ListedSheet[] } {
  return part.listedSheets !== undefined;
}

function requireSheet(met: MetParts, name: string): ReadSheet {
  const part = met.get(partKey(name));
  if (!part?.sheet) throw isWrong(name, part, 'sheet');
  return part.sheet;
}

function factsOf(name: string, sheet: ReadSheet): SheetFacts {
  const columns = sheet.columns();
  return { name, rows: sheet.rows(), ...(columns && { columns }) };
}

/** Of a required part: it is missing, or it is there and not what it should be. */
function isWrong(name: string, part: MetPart | undefined, kind: string): ExportFailure {
  if (!part) return notAWorkbook(`it has no ${name === contentTypesName ? name : quoted(name)}`);
  const reason = part.fault?.message ?? `is not the XML of a workbook's ${kind}`;
  return unsound(part.startsAt, `begins the part ${quoted(name)}, which ${reason}`, 'parts');
}

function notAWorkbook(reason: string): ExportFailure {
  return new ExportFailure('workbook-unsound', `The ZIP is not a workbook: ${reason}.`, { proofReason: 'parts' });
}
