import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { noSettings, parseSettings, type Settings, SettingsFault } from './settings.ts';

/** What is read where no file is named, if it is there. */
export const defaultSettingsFile = 'settings.json';

/**
 * The settings of a file (from the working directory on); where none is named, those of `settings.json` there, or else all
 * defaults. Throws `SettingsFault` with every fault of the file, or why it cannot be read.
 */
export function readSettings(file: string | undefined, folder = process.cwd()): Settings {
  const text = textOf(resolve(folder, file ?? defaultSettingsFile), file);
  return text === undefined ? noSettings : parseSettings(text, file ?? defaultSettingsFile);
}

function textOf(path: string, file: string | undefined): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT' && file === undefined) return undefined;
    const why = reasons.get(code) ?? `it cannot be read (${code})`;
    throw new SettingsFault(`The settings ${JSON.stringify(file ?? defaultSettingsFile)}: ${why}.`);
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file; name one that exists, or none for settings.json or the defaults'],
  ['EISDIR', 'this is a folder; name a file'],
  ['EACCES', 'it may not be read; look at its permissions'],
]);
