import { partKey } from './part-name.ts';
import type { PartContent } from './part-content.ts';
import { XmlFault } from './xml-fault.ts';

/** What `[Content_Types].xml` says of the workbook part (ECMA-376 part 2, 6.2.3). */
export interface ContentTypes {
  /** Whether a part has the content type of a workbook, by its own name or else by its extension. */
  isWorkbook(name: string): boolean;
  /** The names that are said to be workbooks, whether or not there is such a part. */
  namedWorkbooks(): readonly string[];
  read(): PartContent;
}

const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml';
/** As many as a ZIP may have entries. */
const mostNames = 20_000;

export function createContentTypes(): ContentTypes {
  const overrides = new Map<string, { readonly name: string; readonly isWorkbook: boolean }>();
  const extensions = new Map<string, boolean>();

  function read(): PartContent {
    return {
      handler: {
        open: (path, tag) => {
          const isWorkbook = tag.attribute('ContentType')?.trim().toLowerCase() === workbookType;
          const name = path === 'Types/Override' ? tag.attribute('PartName') : undefined;
          const extension = path === 'Types/Default' ? tag.attribute('Extension') : undefined;
          if (name !== undefined) overrides.set(partKey(name), { name: name.replace(/^\//, ''), isWorkbook });
          if (extension !== undefined) extensions.set(extension.toLowerCase(), isWorkbook);
          if (overrides.size + extensions.size > mostNames) throw new XmlFault(`names more than ${mostNames} parts`);
        },
      },
    };
  }

  return {
    isWorkbook: (name) => {
      const extension = /\.([^./]*)$/.exec(name)?.[1]?.toLowerCase() ?? '';
      return overrides.get(partKey(name))?.isWorkbook ?? extensions.get(extension) ?? false;
    },
    namedWorkbooks: () => [...overrides.values()].filter(({ isWorkbook }) => isWorkbook).map(({ name }) => name),
    read,
  };
}
