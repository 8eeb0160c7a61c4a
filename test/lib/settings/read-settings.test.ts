import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSettings } from '../../../lib/settings/read-settings.ts';
import { noSettings, SettingsFault } from '../../../lib/settings/settings.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'knosc-settings-'));
  await mkdir(join(folder, 'with'));
  await writeFile(join(folder, 'with', 'settings.json'), '{"workbook_days": 3}');
  await writeFile(join(folder, 'with', 'other.json'), '{"workbook_days": 4}');
  await writeFile(join(folder, 'with', 'broken.json'), '{"workbook_days": ');
});

afterAll(() => rm(folder, { recursive: true }));

test('the file that is named is read, from the working directory or by its whole path', () => {
  expect(readSettings('other.json', join(folder, 'with')).workbook_days).toBe(4);
  expect(readSettings(join(folder, 'with', 'other.json'), folder).workbook_days).toBe(4);
});

test('settings.json is read where none is named and it is there; else all defaults hold', () => {
  expect(readSettings(undefined, join(folder, 'with')).workbook_days).toBe(3);
  expect(readSettings(undefined, folder)).toEqual(noSettings);
});

test.each([
  ['a file that does not exist', 'none.json', 'The settings "none.json": there is no such file'],
  ['a folder', '.', 'The settings ".": this is a folder; name a file.'],
  ['what is not JSON', 'broken.json', 'broken.json is not JSON'],
])('%s is a clear fault', (_name, file, words) => {
  const read = () => readSettings(file, join(folder, 'with'));
  expect(read).toThrow(SettingsFault);
  expect(read).toThrow(words);
});
