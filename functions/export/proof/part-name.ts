/** Part names are the same whatever their case, and with or without percent signs (ECMA-376 part 2, 6.2.2). */
export function partKey(name: string): string {
  return unescaped(name.startsWith('/') ? name.slice(1) : name).toLowerCase();
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** `xl/workbook.xml` has its relationships in `xl/_rels/workbook.xml.rels`. */
export function relationshipsPartOf(name: string): string {
  const slash = name.lastIndexOf('/') + 1;
  return `${name.slice(0, slash)}_rels/${name.slice(slash)}.rels`;
}

/** The part that a relationship of `source` refers to, by RFC 3986; it cannot leave the package. */
export function targetPart(source: string, target: string): string {
  const segments = target.startsWith('/') ? [] : source.split('/').slice(0, -1);
  for (const segment of target.replace(/[?#].*$/s, '').split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  return segments.join('/');
}
