import { contentHash, createPartDigest, type HashedPart } from './content-hash.ts';
import { createContentTypes } from './content-types.ts';
import { isFolder } from './entry-name.ts';
import { createTextBudget } from './header-row.ts';
import type { MetPart } from './met-part.ts';
import { contentTypesUri, excelMainUri, packageRelationshipsUri, spreadsheetUris } from './namespaces.ts';
import type { PartContent } from './part-content.ts';
import { partKey } from './part-name.ts';
import { createPartReader } from './part-reader.ts';
import { createRelationships } from './relationships.ts';
import { createSharedStrings } from './shared-strings.ts';
import { type ReadSheet, readRowlessSheet, readSheet } from './sheet.ts';
import { quoted, unsound } from './unsound.ts';
import { type ListedSheet, readWorkbookPart } from './workbook-part.ts';
import { contentTypesName, type SheetFacts, sheetsOf } from './workbook-sheets.ts';
import { XmlFault } from './xml-fault.ts';
import type { XmlTag } from './xml-parser.ts';
import type { EntryReader, OpenEntry } from './zip-stream.ts';

export interface PartFacts {
  /** Hex, of the parts: see `contentHash`. */
  readonly contentHash: string;
  readonly sheets: readonly SheetFacts[];
}

/** The parts of a workbook, read in whatever order they come. */
export interface WorkbookParts {
  readonly openEntry: OpenEntry;
  /** Fails with `workbook-unsound` where a required part is missing. */
  facts(): PartFacts;
}

interface Recognized {
  readonly content: PartContent;
  /** What will be known once the part has passed. */
  readonly known?: Partial<MetPart>;
}

export function createWorkbookParts(): WorkbookParts {
  const contentTypes = createContentTypes();
  const relationships = createRelationships();
  const sharedStrings = createSharedStrings();
  const budget = createTextBudget();
  const hashed: HashedPart[] = [];
  const met = new Map<string, MetPart>();

  function recognize(name: string, root: XmlTag): Recognized | undefined {
    const kind = `${root.uri} ${root.local}`;
    if (kind === `${contentTypesUri} Types` && partKey(name) === partKey(contentTypesName)) {
      return { content: contentTypes.read(), known: { isContentTypes: true } };
    }
    if (kind === `${packageRelationshipsUri} Relationships`) return { content: relationships.read(name) };
    if (kind === `${excelMainUri} macrosheet`) return sheetOf(readRowlessSheet());
    if (!spreadsheetUris.includes(root.uri)) return undefined;
    if (root.local === 'workbook') {
      const listedSheets: ListedSheet[] = [];
      return { content: readWorkbookPart(listedSheets), known: { listedSheets } };
    }
    if (root.local === 'worksheet') return sheetOf(readSheet(root, sharedStrings, budget));
    if (root.local === 'chartsheet' || root.local === 'dialogsheet') return sheetOf(readRowlessSheet());
    return root.local === 'sst' ? { content: sharedStrings.read() } : undefined;
  }

  function openEntry(name: string, startsAt: number): EntryReader {
    if (isFolder(name)) return { block: () => {}, end: () => {} };
    let known: Partial<MetPart> = {};
    const reader = createPartReader((root) => {
      const recognized = recognize(name, root);
      known = recognized?.known ?? {};
      return recognized?.content;
    });
    const digest = createPartDigest();
    let bytes = 0;
    return {
      block: (block) => {
        bytes += block.length;
        digest.block(block);
        located(name, startsAt, () => reader.block(block));
      },
      end: () => {
        located(name, startsAt, () => reader.end());
        hashed.push({ name, bytes, digest: digest.end() });
        met.set(partKey(name), { name, startsAt, fault: reader.fault(), ...known });
      },
    };
  }

  return {
    openEntry,
    facts: () => ({ sheets: sheetsOf({ met, contentTypes, relationships }), contentHash: contentHash(hashed) }),
  };
}

function sheetOf(sheet: ReadSheet & PartContent) {
  return { content: sheet, known: { sheet } };
}

/** Says of a fault in which part it is, and where that begins. */
function located(name: string, startsAt: number, read: () => void): void {
  try {
    read();
  } catch (error) {
    throw error instanceof XmlFault
      ? unsound(startsAt, `begins the part ${quoted(name)}, which ${error.message}`, 'parts')
      : error;
  }
}
