import type { ReadSheet } from './sheet.ts';
import type { ListedSheet } from './workbook-part.ts';
import type { XmlFault } from './xml-fault.ts';

/** What is known of a part that has passed. What it is was told by its root element. */
export interface MetPart {
  readonly name: string;
  readonly startsAt: number;
  readonly isContentTypes?: true;
  /** Of a workbook part. */
  readonly listedSheets?: readonly ListedSheet[];
  /** Of a part that holds a sheet. */
  readonly sheet?: ReadSheet;
  /** Why the part's kind could not be told. */
  readonly fault?: XmlFault | undefined;
}

/** By `partKey`. */
export type MetParts = ReadonlyMap<string, MetPart>;
