import { describe, expect, test } from 'vitest';
import { judgeHere } from '../../../../functions/export/proof/judge.ts';
import { partOf, workbookParts } from '../../../support/workbook-parts.ts';
import { type ZipFaults, type ZipPart, zipOf } from '../../../support/zips.ts';

/** Judges blocks that are cut at these places, and spoils each block's memory as soon as it is given back. */
function judgeCut(bytes: Buffer, cuts: readonly number[]) {
  const judging = judgeHere((memory) => {
    new Uint8Array(memory).fill(0xee);
  });
  for (const [index, cut] of [...cuts, bytes.length].entries()) {
    const block = Uint8Array.from(bytes.subarray(cuts[index - 1] ?? 0, cut));
    judging.put({ memory: block.buffer, bytes: block.length });
  }
  judging.end();
  return judging.judged;
}

/** Every byte of the records at the end, every fifth of what comes before. */
const cutsOf = (bytes: Buffer) => everyByte(bytes).filter((at) => at % 5 === 0 || at > bytes.length - 400);
const everyByte = (bytes: Buffer) => Array.from({ length: bytes.length - 1 }, (_, at) => at + 1);
const kinds: readonly [string, readonly ZipPart[], ZipFaults?][] = [
  ['stored', workbookParts().map((part) => ({ ...part, isDeflated: false }))],
  [
    'deflated, with descriptors',
    workbookParts().map((part) => ({ ...part, descriptor: { hasSignature: true, sizeBits: 32 } })),
  ],
  [
    'with ZIP64 fields, and something behind the end record that a program keeps for itself',
    workbookParts().map((part) => ({ ...part, isZip64: true })),
    { isZip64: true, zip64Kept: Buffer.alloc(100, 7), comment: Buffer.from('made by hand') },
  ],
];

describe.each(kinds)('a workbook that is %s', (_name, parts, faults) => {
  const bytes = zipOf(parts, faults);

  test('is judged alike wherever it is cut into blocks, whose memory is spoiled behind them', async () => {
    const whole = await judgeCut(bytes, []);
    expect(whole.sheets).toEqual([{ name: 'Sheet1', rows: 1, columns: ['PO #'] }]);
    for (const cut of cutsOf(bytes)) expect(await judgeCut(bytes, [cut]), `cut at ${cut}`).toEqual(whole);
    expect(await judgeCut(bytes, everyByte(bytes))).toEqual(whole);
  });
});

test('memory comes back as soon as its block is read, and all of it', async () => {
  const bytes = zipOf([partOf('xl/noise.bin', Buffer.alloc(100_000, 'noise')), ...workbookParts()]);
  const given: ArrayBuffer[] = [];
  const judging = judgeHere((memory) => given.push(memory));
  const memory = [bytes.subarray(0, 500), bytes.subarray(500)].map((piece) => Uint8Array.from(piece).buffer);
  for (const one of memory) judging.put({ memory: one, bytes: one.byteLength });
  judging.end();
  await judging.judged;
  expect(given).toEqual(memory);
});

test('what nobody wants to know any more fails, and is let go', async () => {
  const judging = judgeHere(() => undefined);
  const piece = Uint8Array.from(zipOf(workbookParts()).subarray(0, 100));
  judging.put({ memory: piece.buffer, bytes: piece.length });
  judging.abandon();
  await expect(judging.judged).rejects.toThrow('not read any further');
});
