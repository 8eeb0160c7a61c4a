import { relationshipAttributeUris } from './namespaces.ts';
import type { PartContent } from './part-content.ts';
import { XmlFault } from './xml-fault.ts';

/** A sheet as the workbook part lists it (ECMA-376 part 1, 18.2.19), hidden ones too. */
export interface ListedSheet {
  readonly name: string;
  readonly relationshipId: string;
}

const mostSheets = 4_096;
/** Excel allows 31 characters. */
const longestName = 255;

export function readWorkbookPart(sheets: ListedSheet[]): PartContent {
  return {
    handler: {
      open: (path, tag) => {
        if (path !== 'workbook/sheets/sheet') return;
        const name = tag.attribute('name');
        const [relationshipId] = relationshipAttributeUris.flatMap((uri) => tag.attribute('id', uri) ?? []);
        if (name === undefined || relationshipId === undefined)
          throw new XmlFault('lists a sheet without name or r:id');
        if (name.length > longestName || relationshipId.length > longestName || sheets.length >= mostSheets) {
          throw new XmlFault(`lists more than ${mostSheets} sheets, or names longer than ${longestName} characters`);
        }
        sheets.push({ name, relationshipId });
      },
    },
  };
}
