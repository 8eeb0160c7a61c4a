import { describe, expect, test } from 'vitest';
import { entityTag, isNamed } from '../../../functions/api/entity-tag.ts';
import { parseIdempotencyKey } from '../../../functions/api/idempotency-key.ts';
import { parsePreferences } from '../../../functions/api/preferences.ts';
import { newRecordOf } from '../../support/records.ts';

describe('Prefer', () => {
  test.each([
    [undefined, false, undefined],
    ['', false, undefined],
    ['respond-async', true, undefined],
    ['Respond-Async', true, undefined],
    ['wait=10', false, 10],
    ['respond-async, wait=10', true, 10],
    ['wait = 10,respond-async', true, 10],
    ['WAIT="10"', false, 10],
    ['wait=5, wait=20', false, 5],
    ['return=minimal; x="a, wait=1, b", wait=7', false, 7],
    ['foo="respond-async, wait=3"', false, undefined],
    ['foo="\\"", wait=4', false, 4],
    ['respond-async;q=1;"odd"', true, undefined],
    ['handling=lenient,,wait=2', false, 2],
    ['wait=soon', false, undefined],
    ['wait=-1', false, undefined],
    ['wait=1.5', false, undefined],
    ['wait', false, undefined],
    ['respond-async-not', false, undefined],
  ])('%j is understood', (header, respondsAsync, waitSeconds) => {
    expect(parsePreferences(header)).toEqual({ respondsAsync, waitSeconds });
  });

  test('of ten thousand bytes is read in no time', () => {
    for (const text of ['wait=', 'a;', '"', ';"a', ' ', 'a="\\']) {
      expect(parsePreferences(text.repeat(10_000 / text.length))).toMatchObject({ respondsAsync: false });
    }
  });
});

describe('Idempotency-Key', () => {
  test.each([
    [undefined, undefined],
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    [' "abc" ', 'abc'],
    ['"a \\"b\\" \\\\c"', 'a "b" \\c'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['order 7, line 1', 'order 7, line 1'],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  ])('%j is the key %j', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  test.each([
    ['', 'must have 1 to 255 characters'],
    ['""', 'must have 1 to 255 characters'],
    ['k'.repeat(256), 'must have 1 to 255 characters'],
    ['"abc', 'printable ASCII'],
    ['abc"', 'printable ASCII'],
    ['a"b', 'printable ASCII'],
    ['"a"b"', 'printable ASCII'],
    ['"a\\b"', 'printable ASCII'],
    ['"a\\"', 'printable ASCII'],
    ['"one","two"', 'printable ASCII'],
    ['"a";b=1', 'printable ASCII'],
    ['schlüssel', 'printable ASCII'],
    ['a\tb', 'printable ASCII'],
  ])('%j is refused', (header, words) => {
    expect(() => parseIdempotencyKey(header)).toThrow(words);
  });
});

describe('an entity tag', () => {
  const createdMs = Date.UTC(2026, 10, 23);
  const record = { ...newRecordOf('ready', createdMs), revision: 3, writer: 'w' };
  const tag = entityTag(record, createdMs);

  test('is weak, and another one for each change and once the export has expired', () => {
    expect(tag).toBe(`W/"${record.export_id}-3-ready"`);
    expect(entityTag({ ...record, revision: 4 }, createdMs)).not.toBe(tag);
    expect(entityTag(record, createdMs + 604_802_000)).toBe(`W/"${record.export_id}-3-expired"`);
  });

  test.each([
    [undefined, false],
    ['*', true],
    [tag, true],
    [tag.slice(2), true],
    [`"x", ${tag}`, true],
    ['"x", W/"y"', false],
    [tag.replace('ready', 'expired'), false],
    [tag.slice(3, -1), false],
  ])('is named by If-None-Match: %s: %s', (header, expected) => {
    expect(isNamed(tag, header)).toBe(expected);
  });
});
