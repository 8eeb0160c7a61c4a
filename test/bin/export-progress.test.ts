import { describe, expect, test } from 'vitest';
import { barLine } from '../../bin/export/bar-line.ts';
import { createLines } from '../../bin/export/progress.ts';
import { bytesWords, durationWords } from '../../bin/export/quantity.ts';

describe('the bar', () => {
  test.each([
    [
      { name: 'running', bytes: 12_345_678, bytesPerSecond: 3_100_000, elapsedMs: 7_900 },
      80,
      'running     [.....................####....]         12.3 MB    3.1 MB/s    0:07',
    ],
    [
      { name: 'downloading', bytes: 50, totalBytes: 200, bytesPerSecond: undefined, elapsedMs: 0 },
      80,
      'downloading [#######......................]  25 %      50 B                0:00',
    ],
    [
      { name: 'downloading', bytes: 300, totalBytes: 200, bytesPerSecond: 9, elapsedMs: 3_600_000 },
      60,
      'downloading [#########] 100 %     300 B       9 B/s 1:00:00',
    ],
    [
      { name: 'downloading', bytes: 0, totalBytes: 0, bytesPerSecond: undefined, elapsedMs: 0 },
      50,
      'downloading 100 %       0 B                0:00',
    ],
    [{ name: 'queued', bytes: 0, bytesPerSecond: undefined, elapsedMs: 0 }, 10, 'queued   '],
  ])('of %j in %i columns is one line that fits', (pace, columns, line) => {
    expect(barLine(pace, columns)).toBe(line);
  });
});

test('plain lines come for every activity, and every 10 s while it lasts, with the rate since it was first seen', () => {
  let nowMs = 0;
  let words = '';
  const lines = createLines({ now: () => nowMs, write: (text) => (words += text) });
  for (const [second, bytes] of [
    [0, 1_000_000],
    [9, 2_000_000],
    [10, 6_000_000],
    [65, 14_000_000],
  ] as const) {
    nowMs = second * 1000;
    lines.show({ name: 'running', bytes });
  }
  lines.show({ name: 'downloading', bytes: 0, totalBytes: 15_000_000 });
  expect(words.split('\n')).toEqual([
    'running, 1.0 MB, 0:00',
    'running, 6.0 MB, 500.0 kB/s, 0:10',
    'running, 14.0 MB, 200.0 kB/s, 1:05',
    'downloading, 0 B of 15.0 MB, 1:05',
    '',
  ]);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [999_940, '999.9 kB'],
  [999_960, '1.0 MB'],
  [1_234_567, '1.2 MB'],
  [4_294_967_296, '4.3 GB'],
])('%i bytes read as %s', (bytes, words) => {
  expect(bytesWords(bytes)).toBe(words);
});

test.each([
  [59_999, '0:59'],
  [60_000, '1:00'],
  [3_661_000, '1:01:01'],
])('%i ms read as %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});
