import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countOf, parseMeasuredCalls } from '../../../bench/scale/measured-calls.ts';

const results = readFileSync(new URL('../../../bench/RESULTS.md', import.meta.url), 'utf8');

describe("the bench's calls", () => {
  test('are read from its results: a create writes record and index, a run record, workbook and record', () => {
    const { create, run } = parseMeasuredCalls(results);
    const put = { service: 's3', operation: 'PutObject' };
    expect(countOf(create, { ...put, prefix: 'exports' })).toBe(1);
    expect(countOf(create, { ...put, prefix: 'requests' })).toBe(1);
    expect(countOf(create, { service: 'sqs', operation: 'SendMessage' })).toBe(1);
    expect(countOf(run, { ...put, prefix: 'exports' })).toBe(2);
    expect(countOf(run, { ...put, prefix: 'workbooks' })).toBe(1);
    expect(countOf(run, { service: 'sqs' })).toBe(1);
  });

  test.each([
    [
      'a heading is gone',
      results.replace('Export function to AWS, for a message', 'Something else'),
      /no line that begins with "Export function to AWS, for a message"/,
    ],
    ['a call is gone', results.replace(/^2\. `sqs ChangeMessageVisibility.*\n/m, ''), /tells 6 calls .* and lists 5/],
  ])('are refused where %s', (_name, text, words) => {
    expect(() => parseMeasuredCalls(text)).toThrow(words);
  });
});
