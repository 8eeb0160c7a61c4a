const block = /<!-- npm run scale: ([a-z-]+) -->[\s\S]*?<!-- end -->/g;

/** A document with its tables as they are now, each between its markers. Throws where document and tables do not name the same. */
export function withTables(document: string, tables: Readonly<Record<string, string>>): string {
  const wanted = [...document.matchAll(block)].map(([, name = '']) => name);
  const missing = wanted.filter((name) => tables[name] === undefined);
  const unused = Object.keys(tables).filter((name) => !wanted.includes(name));
  if (missing.length + unused.length > 0) {
    throw new Error(
      `The document's markers and the tables differ: no table for [${missing.join(', ')}], no marker for [${unused.join(', ')}].`,
    );
  }
  return document.replaceAll(
    block,
    (_all, name: string) => `<!-- npm run scale: ${name} -->\n\n${tables[name]}\n\n<!-- end -->`,
  );
}
