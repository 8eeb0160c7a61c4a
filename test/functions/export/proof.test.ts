import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { proveWorkbook } from '../../../functions/export/proof.ts';
import { ExportFailure } from '../../../functions/ledger/failure.ts';
import { smallWorkbook } from '../../support/workbooks.ts';
import { zip64Workbook, zipOf } from '../../support/zips.ts';

let workbook: Buffer;

beforeAll(async () => {
  workbook = Buffer.from(await smallWorkbook());
});

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Reads a workbook through the proof: what came out, and what is known of it. */
async function prove(bytes: Uint8Array, { size = 64, maximumBytes = 10_000_000 } = {}) {
  const proof = proveWorkbook(chunksOf(bytes, size), maximumBytes);
  const passed: Uint8Array[] = [];
  for await (const chunk of proof.chunks) passed.push(chunk);
  return { passed: Buffer.concat(passed), facts: proof.facts() };
}

describe('a whole workbook', () => {
  test.each([1, 3, 64, 100_000])('passes unchanged in chunks of %i bytes, with its size and SHA-256', async (size) => {
    const { passed, facts } = await prove(workbook, { size });
    expect(passed.equals(workbook)).toBe(true);
    const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(workbook));
    expect(facts).toEqual({ bytes: workbook.length, sha256: Buffer.from(digest).toString('hex') });
  });

  test('may be larger than the tail that is remembered', async () => {
    const large = zipOf([
      { name: 'xl/media/noise.bin', body: Buffer.alloc(5_000_000, 7) },
      { name: '[Content_Types].xml', body: Buffer.from('<Types/>') },
      { name: 'xl/workbook.xml', body: Buffer.from('<workbook/>') },
    ]);
    expect((await prove(large, { size: 65_536 })).facts.bytes).toBe(large.length);
  });

  test('may have a ZIP64 end record', async () => {
    const zip64 = zip64Workbook();
    expect((await prove(zip64)).facts.bytes).toBe(zip64.length);
  });
});

describe('what is not a whole workbook', () => {
  test('is refused when it is shortened by any number of bytes', async () => {
    for (let length = 0; length < workbook.length; length += 1) {
      await expect(prove(workbook.subarray(0, length)), `shortened to ${length}`).rejects.toThrow(ExportFailure);
    }
  });

  test.each([
    ['empty', () => Buffer.alloc(0), 'empty answer'],
    ['a login page', () => Buffer.from('<html>Log in</html>'.repeat(50)), 'At byte 0'],
    ['a workbook with a byte before it', () => Buffer.concat([Buffer.from(' '), workbook]), 'At byte 0'],
    ['a workbook with a byte behind it', () => Buffer.concat([workbook, Buffer.from(' ')]), 'end record'],
    ['two workbooks', () => Buffer.concat([workbook, workbook]), 'central directory'],
    [
      'a ZIP without a workbook',
      () => zipOf([{ name: 'readme.txt', body: Buffer.from('hello') }]),
      '[Content_Types].xml and no xl/workbook.xml',
    ],
    ['a ZIP with a gap before its directory', () => zipOf(parts, { gapBytes: 9 }), 'central directory does not lie'],
    ['a ZIP whose end counts another number of entries', () => zipOf(parts, { countedEntries: 3 }), 'counts 3 entries'],
    [
      'a ZIP whose entry claims more bytes than there are',
      () => zipOf(parts, { claimedBytes: 90_000 }),
      'no room for the entry',
    ],
    ['a ZIP with a broken directory entry', () => broken(workbook), 'entry of the central directory is broken'],
  ])('%s is refused, saying why', async (_name, make, reason) => {
    await expect(prove(make())).rejects.toMatchObject({
      code: 'workbook-unsound',
      message: expect.stringContaining(reason),
    });
  });

  test('is refused as soon as it is larger than the set size', async () => {
    await expect(prove(workbook, { maximumBytes: 100 })).rejects.toEqual(
      expect.objectContaining({ code: 'workbook-too-large' }),
    );
  });

  test('is refused without a crash, whatever bytes it has', async () => {
    const signature = Buffer.from('PK\u0003\u0004', 'latin1');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => {
        await expect(prove(Buffer.concat([signature, noise]))).rejects.toThrow(ExportFailure);
      }),
      { seed: 20261124, numRuns: 200 },
    );
  });

  test('is refused or harmless when bytes of its end are changed', async () => {
    const endAt = workbook.length - 22;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 21 }), fc.integer({ min: 1, max: 255 }), async (offset, change) => {
        const changed = Buffer.from(workbook);
        changed[endAt + offset] = (changed[endAt + offset] ?? 0) ^ change;
        const outcome = await prove(changed).catch((error: unknown) => error);
        // Only the disk numbers and the entries "on this disk" say nothing of where things lie.
        const isHarmless = offset >= 4 && offset <= 9;
        expect(isHarmless || outcome instanceof ExportFailure).toBe(true);
      }),
      { seed: 20261124, numRuns: 300 },
    );
  });
});

test('the facts cannot be had before the end', () => {
  expect(() => proveWorkbook(chunksOf(workbook, 10), 1000).facts()).toThrow('before the workbook had ended');
});

const parts = [
  { name: '[Content_Types].xml', body: Buffer.from('<Types/>') },
  { name: 'xl/workbook.xml', body: Buffer.from('<workbook/>') },
];

function broken(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const directoryAt = bytes.readUInt32LE(bytes.length - 6);
  changed[directoryAt] = 0;
  return changed;
}
