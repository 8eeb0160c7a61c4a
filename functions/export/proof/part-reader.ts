import type { PartContent } from './part-content.ts';
import { createUtf8Stage } from './utf8.ts';
import { XmlFault } from './xml-fault.ts';
import { createXmlParser, type XmlTag } from './xml-parser.ts';

export interface PartReader {
  /** Throws an `XmlFault` if the part is of a known kind and not well-formed. */
  block(bytes: Buffer): void;
  end(): void;
  /** Why the part's kind could not be told: it is not XML, or not well-formed before its root element. */
  fault(): XmlFault | undefined;
}

/** Of a part that has to be parsed as a whole. Real ones have some KiB; at sax's 30 MB/s this is two seconds. */
const mostParsedBytes = 64 * 1024 * 1024;
const tagEnd = 0x3e;

/**
 * Reads a part of which nothing but its bytes is known: in a stream, sheets may come before the parts that tell of them. Its
 * root element says what it is; `openContent` answers how to go on, or nothing where the rest does not matter.
 */
export function createPartReader(openContent: (root: XmlTag) => PartContent | undefined): PartReader {
  let step: 'finding the root' | 'parsing' | 'behind' = 'finding the root';
  let content: PartContent | undefined;
  let fault: XmlFault | undefined;
  let parsedBytes = 0;

  const parser = createXmlParser({
    open: (path, tag) => {
      if (step === 'finding the root') {
        content = openContent(tag);
        step = content ? 'parsing' : 'behind';
      }
      content?.handler.open?.(path, tag);
    },
    text: (path, text) => content?.handler.text?.(path, text),
    close: (path) => content?.handler.close?.(path),
  });

  function parse(utf8: Buffer): void {
    try {
      parser.write(utf8);
    } catch (error) {
      if (step !== 'finding the root' || !(error instanceof XmlFault)) throw error;
      fault = error;
      step = 'behind';
    }
  }

  // Tag by tag, so that the parser stops right behind the one that is enough.
  function parseTags(utf8: Buffer): Buffer {
    let at = 0;
    while (at < utf8.length && step !== 'behind') {
      const end = utf8.indexOf(tagEnd, at) + 1 || utf8.length;
      parse(utf8.subarray(at, end));
      parsedBytes += end - at;
      at = end;
      if (content?.isRead?.(parsedBytes)) step = 'behind';
      if (parsedBytes > mostParsedBytes) throw new XmlFault(`is larger than ${mostParsedBytes} bytes`);
    }
    return utf8.subarray(at);
  }

  const stage = createUtf8Stage((utf8) => {
    const rest = step === 'behind' ? utf8 : parseTags(utf8);
    if (rest.length > 0) content?.rest?.(rest);
  });

  return {
    block: (bytes) => {
      if (step !== 'behind' || content?.rest) stage.block(bytes);
    },
    end: () => {
      stage.end();
      if (step === 'behind') content?.end?.();
      else if (step === 'parsing') parser.end();
      else fault = new XmlFault('has no root element');
    },
    fault: () => fault,
  };
}
