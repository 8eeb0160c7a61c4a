import type { XmlHandler } from './xml-parser.ts';

/** How a part of a known kind is read: as XML from its root on, and by other means from where that is enough. */
export interface PartContent {
  readonly handler: XmlHandler;
  /** Asked behind every tag, with the bytes so far. Once true, nothing more is parsed. */
  isRead?(parsedBytes: number): boolean;
  /** Takes what lies behind the last parsed tag, as UTF-8. Must not change it. */
  rest?(utf8: Buffer): void;
  /** The part has ended, and was not parsed to its end. Throws an `XmlFault`. */
  end?(): void;
}
