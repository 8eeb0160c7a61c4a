import { TextDecoder } from 'node:util';
import sax, { type QualifiedTag, type SAXParser, type Tag } from 'sax';
import { quoted } from './unsound.ts';
import { XmlFault } from './xml-fault.ts';

export interface XmlTag {
  readonly prefix: string;
  readonly local: string;
  readonly uri: string;
  /** An attribute by its local name, without a namespace unless one is given. */
  attribute(local: string, uri?: string): string | undefined;
}

/**
 * Is told of elements by their path from the root: `worksheet/sheetData/row`. Elements of another namespace than the root's
 * are `?`, so that they are never mistaken for one of ours.
 */
export interface XmlHandler {
  open?(path: string, tag: XmlTag): void;
  /** Text and CDATA, in pieces. */
  text?(path: string, text: string): void;
  close?(path: string): void;
}

export interface XmlParser {
  /** Throws an `XmlFault` for what is not well-formed. */
  write(utf8: Buffer): void;
  /** Throws an `XmlFault` where the root element is still open. */
  end(): void;
}

const deepest = 64;
/** A document that changes what its entities mean could grow without end; and OPC forbids it (ECMA-376 part 2, 6.2.5). */
const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

type SaxEvents = Pick<
  SAXParser,
  'onerror' | 'ondoctype' | 'onprocessinginstruction' | 'onopentag' | 'onclosetag' | 'ontext' | 'oncdata'
>;

/** sax in its strict mode, behind what the readers of parts need. Keeps at most 64 KiB of one text or attribute at a time. */
export function createXmlParser(handler: XmlHandler): XmlParser {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parser = sax.parser(true, { xmlns: true, position: true });
  parser.ENTITIES = entities;
  const paths: string[] = [];
  let rootUri = '';

  const events: SaxEvents = {
    onerror: (error) => {
      throw new XmlFault(`is not well-formed XML (${error.message.split('\n', 1).join('')})`);
    },
    ondoctype: () => {
      throw new XmlFault('has a document type declaration, which parts of a workbook must not have');
    },
    onprocessinginstruction: ({ name, body }) => {
      const encoding = name === 'xml' ? /encoding\s*=\s*["']([^"']*)/.exec(body)?.[1] : undefined;
      if (encoding !== undefined && !/^(utf-?8|utf-?16([lb]e)?|us-ascii)$/i.test(encoding)) {
        throw new XmlFault(`says that its encoding is ${quoted(encoding)}; it has to be UTF-8 or UTF-16`);
      }
    },
    onopentag: (raw) => {
      const tag = tagOf(raw);
      if (paths.length === 0) rootUri = tag.uri;
      if (paths.length >= deepest) throw new XmlFault(`has elements more than ${deepest} deep`);
      const parent = paths.at(-1);
      const own = tag.uri === rootUri ? tag.local : '?';
      const path = parent === undefined ? own : `${parent}/${own}`;
      paths.push(path);
      handler.open?.(path, tag);
    },
    onclosetag: () => {
      const path = paths.pop();
      if (path !== undefined) handler.close?.(path);
    },
    ontext: (text) => handler.text?.(paths.at(-1) ?? '', text),
    oncdata: (text) => handler.text?.(paths.at(-1) ?? '', text),
  };
  Object.assign(parser, events);

  function decoded(utf8?: Buffer): string {
    try {
      return decoder.decode(utf8, { stream: utf8 !== undefined });
    } catch (cause) {
      throw new XmlFault('is not UTF-8', { cause });
    }
  }

  return {
    write: (utf8) => {
      parser.write(decoded(utf8));
    },
    end: () => {
      parser.write(decoded()).close();
    },
  };
}

function tagOf(raw: Tag | QualifiedTag): XmlTag {
  if (!('uri' in raw)) throw new Error('sax told of a tag without its namespace');
  const attributes = Object.values(raw.attributes);
  return {
    prefix: raw.prefix,
    local: raw.local,
    uri: raw.uri,
    attribute: (local, uri = '') => attributes.find((one) => one.local === local && one.uri === uri)?.value,
  };
}
