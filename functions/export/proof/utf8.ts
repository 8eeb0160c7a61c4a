import { TextDecoder } from 'node:util';
import { XmlFault } from './xml-fault.ts';

/** Gives what it is fed on as UTF-8, in as many blocks as it likes. */
export interface Utf8Stage {
  block(bytes: Buffer): void;
  end(): void;
}

/**
 * Parts are UTF-8 or UTF-16 (ECMA-376 part 2, 6.2.5). UTF-8 passes as it is; UTF-16, told by its byte order mark or by its
 * first `<`, is converted, which is slow and never seen in the wild. Throws an `XmlFault` where the bytes are not what
 * they begin like.
 */
export function createUtf8Stage(onBlock: (utf8: Buffer) => void): Utf8Stage {
  let head: Buffer = Buffer.alloc(0);
  let pass: Pass | undefined;
  return {
    block: (bytes) => {
      if (pass) {
        pass(bytes, false);
        return;
      }
      const start = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      head = Buffer.from(start.subarray(0, 1));
      if (start.length < 2) return;
      pass = passOf(start, onBlock);
      pass(start, false);
    },
    end: () => {
      if (pass) pass(Buffer.alloc(0), true);
      else onBlock(head);
    },
  };
}

type Pass = (bytes: Buffer, isLast: boolean) => void;

function passOf(start: Buffer, onBlock: (utf8: Buffer) => void): Pass {
  const encoding = utf16Of(start);
  if (!encoding) return onBlock;
  const decoder = new TextDecoder(encoding, { fatal: true });
  return (bytes, isLast) => onBlock(converted(decoder, bytes, isLast));
}

function utf16Of(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const first = bytes.readUInt16BE(0);
  if (first === 0xfffe || first === 0x3c00) return 'utf-16le';
  if (first === 0xfeff || first === 0x003c) return 'utf-16be';
  return undefined;
}

function converted(decoder: TextDecoder, block: Buffer, isLast: boolean): Buffer {
  try {
    return Buffer.from(decoder.decode(block, { stream: !isLast }));
  } catch (cause) {
    throw new XmlFault('is not UTF-16', { cause });
  }
}
