import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createJudgeThread } from '../../../../functions/export/proof/judge-thread.ts';
import { createProveWorkbook } from '../../../../functions/export/proof/proof.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';
import { chunksOf, prove } from '../../../support/prove.ts';
import { partOf, sheetXml, textRow, workbookParts } from '../../../support/workbook-parts.ts';
import { zipOf } from '../../../support/zips.ts';

/** Of some 3 MiB: noise, and a sheet with so many rows. */
function largeWorkbook(rows: number): Buffer {
  const noise = Buffer.concat(Array.from({ length: 48_000 }, (_, at) => createHash('sha512').update(`${at}`).digest()));
  const sheet = sheetXml(textRow('PO #') + textRow('PO-1').repeat(rows));
  return zipOf([partOf('xl/media/noise.png', noise), ...workbookParts({ sheets: { Orders: sheet } })]);
}

const small = zipOf(workbookParts());

test('many workbooks at once are each judged as if they were alone, whatever becomes of the others', async () => {
  const workbooks = [10, 200, 3000].map(largeWorkbook);
  const cut = workbooks.map((bytes) => bytes.subarray(0, bytes.length - 1));
  const proven = workbooks.map((bytes) => prove(bytes));
  const refused = cut.map((bytes) => expect(prove(bytes)).rejects.toThrow(ExportFailure));
  const rows = (await Promise.all(proven)).map(({ facts }) => facts.sheets.map((sheet) => sheet.rows));
  expect(rows).toEqual([[10], [200], [3000]]);
  await Promise.all(refused);
});

test('a failure is the same as on the spot: code, words and what the metrics count', async () => {
  const spoiled = zipOf([partOf('readme.txt', 'hello')]);
  const [here, there] = await Promise.all(
    (['here', 'in thread'] as const).map((judged) => prove(spoiled, { judged }).catch((error: unknown) => error)),
  );
  expect(here).toBeInstanceOf(ExportFailure);
  expect(there).toEqual(here);
  expect(there).toMatchObject({ code: 'workbook-unsound', facts: { proofReason: 'parts' } });
});

test('a thread that dies fails the workbooks it had, and another one judges the next', async () => {
  const judge = createJudgeThread(join(import.meta.dirname, '../../../support/mortal-judge.ts'));
  const proveWorkbook = createProveWorkbook(1, { judge });
  const reading = async (bytes: Buffer) => {
    const proof = proveWorkbook(chunksOf(bytes, 65_536), 1e9);
    for await (const block of proof.chunks) expect(block.length).toBeGreaterThan(0);
    return proof.facts();
  };
  for (let death = 0; death < 2; death += 1) {
    await expect(reading(Buffer.alloc(1000))).rejects.toThrow('the thread that judges workbooks ended with 3');
    expect(await reading(small)).toMatchObject({ bytes: small.length });
  }
});

test('a workbook that is let go ends in the thread too, which judges the next', async () => {
  const judge = createJudgeThread();
  const abandoned = judge(() => undefined);
  abandoned.put({ memory: Uint8Array.from(small).buffer, bytes: 100 });
  abandoned.abandon();
  await expect(abandoned.judged).rejects.toThrow('not read any further');
  const next = judge(() => undefined);
  next.put({ memory: Uint8Array.from(small).buffer, bytes: small.length });
  next.end();
  expect(await next.judged).toMatchObject({ sheets: [{ rows: expect.any(Number) }] });
});

test('the thread does not keep a process that has nothing else to do', async () => {
  const program = `
    import { createJudgeThread } from ${JSON.stringify(new URL('../../../../functions/export/proof/judge-thread.ts', import.meta.url))};
    const judging = createJudgeThread()(() => undefined);
    judging.put({ memory: new ArrayBuffer(10), bytes: 10 });
    judging.end();
    await judging.judged.catch(({ code }) => console.log(code));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout.trim()).toBe('workbook-unsound');
});
