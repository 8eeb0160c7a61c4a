import { unescapedText } from './cell-text.ts';
import type { PartContent } from './part-content.ts';

/** The texts that cells refer to by number. Its part may come before the sheets or behind them. */
export interface SharedStrings {
  /** Says that a text will be asked for, where the part has not come yet. */
  want(index: number): void;
  text(index: number): string | undefined;
  /** Reads the part. */
  read(): PartContent;
}

/** Kept whether or not a sheet has asked for them yet: the header texts of a sheet to come are mostly among the first. */
const mostKeptTexts = 20_000;
const mostKeptCharacters = 512 * 1024;
const longestText = 32_767;
/** How far the part is read for texts that were asked for. sax reads some 30 MB/s, so this costs half a second at most. */
const mostReadBytes = 16 * 1024 * 1024;

export function createSharedStrings(): SharedStrings {
  const wanted = new Set<number>();
  const texts = new Map<number, string>();
  let keptCharacters = 0;

  function keep(index: number, text: string): void {
    const isAmongFirst = index < mostKeptTexts && keptCharacters + text.length <= mostKeptCharacters;
    if (!isAmongFirst && !wanted.has(index)) return;
    if (isAmongFirst) keptCharacters += text.length;
    texts.set(index, unescapedText(text));
    wanted.delete(index);
  }

  function read(): PartContent {
    let index = 0;
    let text = '';
    return {
      handler: {
        open: (path) => {
          if (path === 'sst/si') text = '';
        },
        text: (path, piece) => {
          const isText = path === 'sst/si/t' || path === 'sst/si/r/t';
          if (isText && text.length < longestText) text += piece;
        },
        close: (path) => {
          if (path === 'sst/si') keep(index++, text);
        },
      },
      isRead: (parsedBytes) => {
        const isKeeping = index < mostKeptTexts && keptCharacters < mostKeptCharacters;
        return parsedBytes > mostReadBytes || (!isKeeping && wanted.size === 0);
      },
    };
  }

  return {
    want: (index) => {
      if (!texts.has(index)) wanted.add(index);
    },
    text: (index) => texts.get(index),
    read,
  };
}
