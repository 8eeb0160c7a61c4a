import { describe, expect, test } from 'vitest';
import { newExportId } from '../../../functions/ledger/export-id.ts';
import { requestHash } from '../../../functions/ledger/export-request.ts';
import { claimKey } from '../../../functions/ledger/keys.ts';

describe('the hash of a request', () => {
  const hash = (filters: Record<string, unknown>, delivery = {}) => requestHash({ view_name: 'v', filters }, delivery);

  test('is the same whatever the order of keys', () => {
    expect(hash({ a: 1, b: { c: 2, d: 3 } })).toBe(hash({ b: { d: 3, c: 2 }, a: 1 }));
  });

  test('is another for everything that means something else', () => {
    const hashes = [
      hash({ a: 1 }),
      hash({ a: '1' }),
      hash({ a: [1] }),
      hash({ a: ['list', 1] }),
      hash({ a: null }),
      hash({}),
      hash({ a: { b: 1 } }),
      hash({ a: [['b', 1]] }),
      hash({ a: ['object', ['b', 1]] }),
      hash({ a: 1 }, { file_name: 'x' }),
      requestHash({ view_name: 'v' }, {}),
      requestHash({ view_name: 'w' }, {}),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

test('export ids sort newest first', () => {
  const ids = [0, 1, 1000, 1_795_428_900_250, 1_795_428_900_251].map(newExportId);
  expect(ids.toSorted().toReversed()).toEqual(ids);
  expect(newExportId(5)).not.toBe(newExportId(5));
});

test("a claim's key says nothing of the caller's key, and never meets another scope's", () => {
  expect(claimKey('AROA1', 'secret-key')).toMatch(/^claims\/[0-9a-f]{64}\.json$/);
  expect(claimKey('a', 'bc')).not.toBe(claimKey('ab', 'c'));
});
