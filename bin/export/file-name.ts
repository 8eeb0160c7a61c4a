/** The last part of a path on any system: the proxy names the file, but never a place outside of the current folder. */
export function fileNameIn(path: string): string {
  const name = path.split(/[/\\]/).at(-1) ?? '';
  return name === '' || name === '.' || name === '..' ? 'export.xlsx' : name;
}
