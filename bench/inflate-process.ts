import { constants, crc32, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { answerQuestions } from './answer-questions.ts';
import { cpuSecondsOf } from './clock.ts';
import { makeWorkbook } from './workbook.ts';

/** Inflates the entries of a workbook and reckons their CRC-32s, one after the other on one thread, and nothing else. */
const questionSchema = z.object({ mebibytes: z.number() });

answerQuestions(async (asked) => {
  const { entries } = await makeWorkbook(questionSchema.parse(asked).mebibytes * 1024 * 1024);
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  for (const { name, deflated, inflated } of entries) {
    let crc = 0;
    for (const [index, { bytes, times }] of deflated.entries()) {
      const expected = inflated[index]?.bytes.byteLength ?? 0;
      // Room for all at once, so that nothing is copied together.
      const options = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: expected + 64 };
      for (let count = 0; count < times; count += 1) {
        const out = inflateRawSync(bytes, options);
        if (out.byteLength !== expected) throw new Error(`${name} was not inflated to its end`);
        crc = crc32(out, crc);
      }
    }
  }
  return { seconds: (performance.now() - startedMs) / 1000, cpuSeconds: cpuSecondsOf(process.cpuUsage(cpuBefore)) };
});
