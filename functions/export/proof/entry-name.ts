import { TextDecoder } from 'node:util';
import { quoted, unsound } from './unsound.ts';

const longestNameBytes = 1024;

/**
 * The name of an entry: a relative path with forward slashes. Fails with `workbook-unsound` where unpacking it could write
 * outside its folder (absolute, drive letter, `..`, backslash), and where it is empty, longer than 1 KiB or not UTF-8 though
 * its flag says so. Names without the flag are read as Latin-1, which tells them apart as well as their own code page would.
 */
export function entryName(bytes: Buffer, isUtf8: boolean, position: number): string {
  const name = isUtf8 ? decoded(bytes) : bytes.toString('latin1');
  if (name === undefined) throw unsound(position, 'the name of an entry is not UTF-8');
  if (bytes.length > longestNameBytes)
    throw unsound(position, `the name of an entry is longer than ${longestNameBytes} bytes`);
  // A folder's entry ends in a slash, which leaves one empty segment at the end.
  const segments = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  const isWrong = segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (isWrong || /[\\\p{Cc}]|^[a-z]:/iu.test(name)) {
    throw unsound(position, `an entry has the name ${quoted(name)}, which is not a path inside the workbook`);
  }
  return name;
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function isFolder(name: string): boolean {
  return name.endsWith('/');
}
