import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MessageChannel, Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createJudgeThread } from '../../../../functions/export/proof/judge-thread.ts';
import { errorOf, verdictOf } from '../../../../functions/export/proof/verdict.ts';
import { createProveWorkbook } from '../../../../functions/export/proof/proof.ts';
import { ExportFailure } from '../../../../functions/ledger/failure.ts';
import { chunksOf, prove } from '../../../support/prove.ts';
import { partOf, sheetXml, textRow, workbookParts } from '../../../support/workbook-parts.ts';
import { zipOf } from '../../../support/zips.ts';

/** 3 MiB that do not compress. */
const noise = Buffer.concat(Array.from({ length: 48_000 }, (_, at) => createHash('sha512').update(`${at}`).digest()));

function largeWorkbook(rows: number): Buffer {
  const sheet = sheetXml(textRow('PO #') + textRow('PO-1').repeat(rows));
  return zipOf([{ name: 'xl/media/noise.png', body: noise }, ...workbookParts({ sheets: { Orders: sheet } })]);
}

const small = zipOf(workbookParts());
/** One entry, but for its last bytes. */
const large = zipOf([{ name: 'xl/noise.bin', body: noise, isDeflated: true }]);

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

describe('a thread that dies', () => {
  function createReading() {
    const judge = createJudgeThread(join(import.meta.dirname, '../../../support/mortal-judge.ts'));
    const proveWorkbook = createProveWorkbook(1, { judge });
    return async (bytes: Buffer) => {
      const proof = proveWorkbook(chunksOf(bytes, 65_536), 1e9);
      for await (const block of proof.chunks) expect(block.length).toBeGreaterThan(0);
      return proof.facts();
    };
  }

  test.each([
    ['ended', 0, 'the thread that judges workbooks ended with 3'],
    ['broke', 1, 'bang'],
  ])(
    'because it %s fails the workbooks it had, and another one judges the next, begun at once',
    async (_how, first, words) => {
      const reading = createReading();
      let threads = 0;
      const countThread = () => (threads += 1);
      process.on('worker', countThread);
      onTestFinished(() => void process.off('worker', countThread));
      for (let death = 0; death < 3; death += 1) {
        const next = reading(Buffer.alloc(1000, first)).catch(async (error: unknown) => ({
          error,
          facts: await reading(small),
        }));
        expect(await next).toMatchObject({ error: { message: words }, facts: { bytes: small.length } });
      }
      // The one that judges the next workbook judges all that follow, until it dies too.
      expect(threads).toBe(4);
    },
  );

  test('is told of in a process that has nothing else to do', async () => {
    const program = `
      import { createJudgeThread } from ${moduleOf('judge-thread.ts')};
      const judging = createJudgeThread(${JSON.stringify(join(import.meta.dirname, '../../../support/mortal-judge.ts'))})(() => undefined);
      judging.put({ memory: new ArrayBuffer(10), bytes: 10 });
      await judging.judged.catch(({ message }) => console.log(message));`;
    expect(await outputOf(program)).toBe('the thread that judges workbooks ended with 3');
  });
});

test('a defect keeps its name, its code and its stack', async () => {
  const verdict = await verdictOf(Promise.reject(Object.assign(new RangeError('out'), { code: 'ERR_OUT_OF_RANGE' })));
  if ('facts' in verdict) throw new Error('there are no facts of a defect');
  expect(errorOf(verdict)).toMatchObject({
    name: 'RangeError',
    message: 'out',
    code: 'ERR_OUT_OF_RANGE',
    stack: expect.stringContaining('judge-thread.test.ts'),
  });
});

describe('a workbook that is let go', () => {
  test('is no hindrance to the next one', async () => {
    const judge = createJudgeThread();
    const abandoned = judge(() => undefined);
    abandoned.put({ memory: Uint8Array.from(small).buffer, bytes: 100 });
    abandoned.abandon();
    await expect(abandoned.judged).rejects.toThrow('not read any further');
    const next = judge(() => undefined);
    next.put({ memory: Uint8Array.from(small).buffer, bytes: small.length });
    next.end();
    expect(await next.judged).toMatchObject({ sheets: [{ rows: 1 }] });
  });

  test('is let go by the thread too, with its inflater', async () => {
    const worker = new Worker(join(import.meta.dirname, '../../../support/watched-judge.ts'));
    onTestFinished(() => void worker.terminate());
    const { port1: port, port2: itsPort } = new MessageChannel();
    worker.postMessage(itsPort, [itsPort]);
    port.postMessage({ memory: Uint8Array.from(large).buffer, bytes: large.length - 1000 });
    port.close();
    expect(await once(worker, 'message')).toEqual(['closed']);
  });

  test('does not keep the process', async () => {
    const program = `
      import { createJudgeThread } from ${moduleOf('judge-thread.ts')};
      const judging = createJudgeThread()(() => undefined);
      judging.put({ memory: new ArrayBuffer(10), bytes: 0 });
      judging.abandon();
      await judging.judged.catch(() => console.log('let go'));`;
    expect(await outputOf(program)).toBe('let go');
  });
});

test('the thread does not keep a process that has nothing else to do', async () => {
  const program = `
    import { createJudgeThread } from ${moduleOf('judge-thread.ts')};
    const judging = createJudgeThread()(() => undefined);
    judging.put({ memory: new ArrayBuffer(10), bytes: 10 });
    judging.end();
    await judging.judged.catch(({ code }) => console.log(code));`;
  expect(await outputOf(program)).toBe('workbook-unsound');
});

function moduleOf(file: string): string {
  return JSON.stringify(new URL(`../../../../functions/export/proof/${file}`, import.meta.url));
}

/** What a process prints before it ends by itself. */
async function outputOf(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 20_000,
  });
  return stdout.trim();
}
