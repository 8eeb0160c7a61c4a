import { XmlFault } from './xml-fault.ts';

/** Sees to it that XML which is not parsed to its end does end, with the root element's end tag. */
export interface RootEnd {
  block(utf8: Buffer): void;
  /** Throws an `XmlFault` where the end tag is not the last thing but white space. */
  require(): void;
}

/** An end tag with white space before its `>`; nobody writes more than one or two. */
const keptBytes = 512;

export function createRootEnd(name: string): RootEnd {
  let kept = Buffer.alloc(0);
  return {
    block: (utf8) => {
      let end = utf8.length;
      while (end > 0 && isWhiteSpace(utf8[end - 1])) end -= 1;
      const tail = utf8.subarray(Math.max(0, end - keptBytes), end);
      if (tail.length > 0) kept = Buffer.concat([kept, tail]).subarray(-keptBytes);
    },
    require: () => {
      const last = /<\/([^<>\s]*)\s*>$/.exec(kept.toString('utf8'))?.[1];
      if (last !== name) throw new XmlFault(`does not end with </${name}>: its XML was cut, or goes on behind its end`);
    },
  };
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
