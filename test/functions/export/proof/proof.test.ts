import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { createProveWorkbook } from '../../../../functions/export/proof/proof.ts';
import { type BeginJudging, judgeHere } from '../../../../functions/export/proof/judge.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';
import { chunksOf, prove } from '../../../support/prove.ts';
import { partOf, sheetXml, textRow, workbookParts } from '../../../support/workbook-parts.ts';
import { smallWorkbook } from '../../../support/workbooks.ts';
import { zipOf } from '../../../support/zips.ts';

const proveWorkbook = createProveWorkbook(2);
let workbook: Buffer;
/**
 * Some 1,200 KiB of content that does not compress, before a sheet of 30,000 rows: more than is judged on the spot, and every
 * block has its edges somewhere else.
 */
let large: Buffer;

beforeAll(async () => {
  workbook = Buffer.from(await smallWorkbook());
  const rows = Array.from({ length: 30_000 }, (_, row) =>
    textRow(`PO-${row}`, createHash('md5').update(`${row}`).digest('hex')),
  );
  const parts = workbookParts({ sheets: { Orders: sheetXml(textRow('PO #', 'Token') + rows.join('')) } });
  const noise = Buffer.concat(Array.from({ length: 20_000 }, (_, at) => createHash('sha512').update(`${at}`).digest()));
  large = zipOf([{ name: 'xl/media/noise.png', body: noise }, ...parts]);
});

describe('a whole workbook', () => {
  test.each([1, 3, 100, 65_536, 10_000_000])(
    'passes unchanged in chunks of %i bytes, with its size and SHA-256',
    async (chunkBytes) => {
      const { passed, facts } = await prove(workbook, { chunkBytes });
      expect(passed.equals(workbook)).toBe(true);
      expect(facts).toEqual({
        bytes: workbook.length,
        sha256: createHash('sha256').update(workbook).digest('hex'),
        contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        sheets: [{ name: 'Sheet1', rows: 1, columns: ['PO #'] }],
      });
    },
  );

  test.each(['by size', 'here'] as const)('has the same facts whatever its chunks are, judged %s', async (judged) => {
    const whole = await prove(large, { chunkBytes: large.length });
    expect(whole.facts.sheets).toEqual([{ name: 'Orders', rows: 30_000, columns: ['PO #', 'Token'] }]);
    expect(whole.passed.equals(large)).toBe(true);
    for (const chunkBytes of [100, 4097, 131_072]) {
      const { passed, facts } = await prove(large, { chunkBytes, judged });
      expect(facts).toEqual(whole.facts);
      expect(passed.equals(large)).toBe(true);
    }
  });

  test('has no facts before its end', () => {
    expect(() => proveWorkbook(chunksOf(workbook, 10), 1000).facts()).toThrow('before the workbook had ended');
  });
});

describe('what is not a whole workbook', () => {
  test.each([
    ['empty', () => Buffer.alloc(0), 'empty answer'],
    ['a login page', () => Buffer.from('<html>Log in</html>'.repeat(50)), 'At byte 0'],
    ['a single byte', () => Buffer.from('P'), 'At byte 0'],
    ['a workbook with a byte before it', () => Buffer.concat([Buffer.from(' '), workbook]), 'At byte 0'],
    ['a workbook with a byte behind it', () => Buffer.concat([workbook, Buffer.from(' ')]), 'goes on behind the end'],
    ['two workbooks', () => Buffer.concat([workbook, workbook]), 'goes on behind the end'],
    ['a ZIP without a workbook', () => zipOf([partOf('readme.txt', 'hello')]), 'it has no [Content_Types].xml'],
  ])('%s is refused, saying why', async (_name, make, reason) => {
    await expect(prove(make())).rejects.toMatchObject({
      code: 'workbook-unsound',
      message: expect.stringContaining(reason),
    });
  });

  test('is refused when it is shortened by any number of bytes', async () => {
    const small = zipOf(workbookParts());
    for (let bytes = 0; bytes < small.length; bytes += 1) {
      await expect(prove(small.subarray(0, bytes)), `shortened to ${bytes}`).rejects.toThrow(ExportFailure);
    }
  });

  test('is known to be cut where its content ends before it should', async () => {
    const cut = workbook.subarray(0, 80);
    await expect(prove(cut)).rejects.toMatchObject({
      message: expect.stringContaining('unexpected end of file'),
      facts: { proofReason: 'cut' },
    });
  });

  test('never comes to its end, even where all its bytes were passed on', async () => {
    const cut = large.subarray(0, large.length - 1);
    const passed: Buffer[] = [];
    const reading = async () => {
      for await (const block of proveWorkbook(chunksOf(cut, 65_536), 10_000_000).chunks)
        passed.push(Buffer.from(block));
    };
    await expect(reading()).rejects.toThrow(ExportFailure);
    expect(Buffer.concat(passed).equals(cut)).toBe(true);
  });

  test('is refused long before its end where its beginning is wrong', async () => {
    const flipped = Buffer.from(large);
    flipped[200] = (flipped[200] ?? 0) ^ 1;
    let read = 0;
    const counted = (async function* () {
      for (const chunk of [flipped, ...Array.from({ length: 100 }, () => Buffer.alloc(1_000_000))]) {
        read += 1;
        yield chunk;
      }
    })();
    const reading = async () => {
      for await (const block of proveWorkbook(counted, 1e9).chunks) expect(block.length).toBeGreaterThan(0);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'workbook-unsound' });
    expect(read).toBeLessThan(5);
  });

  test('is refused as soon as it is larger than the set size', async () => {
    await expect(prove(workbook, { maximumBytes: 100 })).rejects.toMatchObject({ code: 'workbook-too-large' });
    expect((await prove(workbook, { maximumBytes: workbook.length })).facts.bytes).toBe(workbook.length);
  });
});

describe.each([
  ['before judging began', 300_000, 2],
  ['while it is judged here', 300_000, 1],
  ['while it is judged in a thread', 1_400_000, 2],
] as const)('the body, %s', (_name, readBytes, processors) => {
  const prover = createProveWorkbook(processors);

  test('ends the proof with its own error where it breaks', async () => {
    const breaking = async function* (): AsyncGenerator<Uint8Array> {
      yield large.subarray(0, readBytes);
      throw new ExportFailure('origin-failed', 'The connection broke.');
    };
    const reading = async () => {
      for await (const block of prover(breaking(), 1e9).chunks) expect(block.length).toBeGreaterThan(0);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'origin-failed' });
  });

  test('is let go where nobody reads on, and nothing goes on behind it', async () => {
    let isClosed = false;
    const body = (async function* () {
      try {
        yield* chunksOf(large, 65_536);
      } finally {
        isClosed = true;
      }
    })();
    const proof = prover(body, 1e9);
    let bytes = 0;
    for await (const block of proof.chunks) {
      bytes += block.length;
      if (bytes >= readBytes) break;
    }
    expect(isClosed).toBe(true);
    expect(() => proof.facts()).toThrow('before the workbook had ended');
  });
});

test('judging is let go where the body breaks, or nobody reads on', async () => {
  let abandoned = 0;
  const judge: BeginJudging = (onRead) => {
    const judging = judgeHere(onRead);
    return {
      ...judging,
      abandon: () => {
        abandoned += 1;
        judging.abandon();
      },
    };
  };
  const prover = createProveWorkbook(1, { judge });
  for await (const block of prover(chunksOf(large, 65_536), 1e9).chunks) {
    expect(block.length).toBeGreaterThan(0);
    break;
  }
  // The first block goes to be judged when the second one is asked for.
  expect(abandoned).toBe(0);
  let blocks = 0;
  for await (const block of prover(chunksOf(large, 65_536), 1e9).chunks) {
    blocks += block.length > 0 ? 1 : 0;
    if (blocks === 2) break;
  }
  expect(abandoned).toBe(1);
});
