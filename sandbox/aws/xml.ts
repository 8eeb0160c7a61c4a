const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** An element whose text is escaped; `undefined` makes none. */
export function element(name: string, text: string | number | boolean | undefined): string {
  if (text === undefined) return '';
  return `<${name}>${String(text).replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign)}</${name}>`;
}

/** An element around elements. */
export function parent(name: string, ...children: readonly string[]): string {
  const [tag = name] = name.split(' ');
  return `<${name}>${children.join('')}</${tag}>`;
}

export function document(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

/** The texts of all elements of a name, unescaped. Enough for the requests that SDK clients write. */
export function textsOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

/** A refusal in S3's or STS's form. */
export function errorXml(service: 's3' | 'sts', code: string, message: string): string {
  const inner = [element('Code', code), element('Message', message)];
  if (service === 's3') return document(parent('Error', ...inner, element('RequestId', 'sandbox')));
  return document(
    parent('ErrorResponse', parent('Error', element('Type', 'Sender'), ...inner), element('RequestId', 'sandbox')),
  );
}
