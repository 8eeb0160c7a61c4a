const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const signs: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** An element whose text is escaped; `undefined` makes none. */
export function element(name: string, text: string | number | boolean | undefined): string {
  if (text === undefined) return '';
  // A parser reads a bare carriage return as a line feed.
  const escaped = String(text).replaceAll(/[&<>"\r]/g, (sign) => entities[sign] ?? '&#13;');
  return `<${name}>${escaped}</${name}>`;
}

/** An element around elements; `name` may carry attributes. */
export function parent(name: string, ...children: readonly string[]): string {
  const [tag = name] = name.split(' ');
  return `<${name}>${children.join('')}</${tag}>`;
}

export function document(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

/** What stands inside each element of a name. Enough for the requests that SDK clients write: no attributes, no nesting of a name in itself. */
export function insidesOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, inside = '']) => inside);
}

/** The text of the first element of a name, unescaped. */
export function textOf(xml: string, name: string): string | undefined {
  return insidesOf(xml, name)[0]?.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, word) => {
    if (typeof hex === 'string') return String.fromCodePoint(Number.parseInt(hex, 16));
    if (typeof decimal === 'string') return String.fromCodePoint(Number(decimal));
    return signs[String(word)] ?? entity;
  });
}

/** A refusal in S3's or STS's form. */
export function errorXml(service: 's3' | 'sts', code: string, message: string, requestId: string): string {
  const inner = [element('Code', code), element('Message', message)];
  const id = element('RequestId', requestId);
  if (service === 's3') return document(parent('Error', ...inner, id));
  return document(parent('ErrorResponse', parent('Error', element('Type', 'Sender'), ...inner), id));
}
