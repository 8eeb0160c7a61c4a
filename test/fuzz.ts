import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { proveCorpus } from './support/corpus.ts';
import { judgeMutation } from './support/judge-mutation.ts';
import { mutated, mutation } from './support/mutations.ts';

/**
 * `npm run fuzz -- --seconds 60 --seed 1`: spoils the corpus's workbooks, one to four times each, until the time is over, and holds
 * the proof to refusing them or finding the same content. Ends with 1, having written the file, at the first that it believes, that
 * crashes it, that hangs it or that takes it longer than ten seconds.
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: `${Date.now() % 2 ** 31}` } },
});
const endsAtMs = Date.now() + Number(values.seconds) * 1000;
const longestMs = 10_000;
const batch = 500;

const corpus = await proveCorpus();
const spoiling = fc.tuple(
  fc.constantFrom(...corpus),
  fc.array(mutation, { minLength: 1, maxLength: 4 }),
  fc.constantFrom(1, 100, 4096, 1_000_000),
);
const verdicts = { refused: 0, harmless: 0, believed: 0, crashed: 0, slow: 0 };
let seed = Number(values.seed);
console.log(`seed ${seed}, ${values.seconds} s`);

/** What is being judged. Still there when the process ends: the proof waits for something that never comes. */
let judging: { readonly spoiled: Buffer; readonly file: string } | undefined;

function save(verdict: string, spoiled: Buffer, file: string): string {
  mkdirSync('fuzz', { recursive: true });
  const path = join('fuzz', `${verdict}-${seed}-${file}`);
  writeFileSync(path, spoiled);
  process.exitCode = 1;
  return path;
}

process.once('exit', () => {
  if (judging) console.error(`hung: ${save('hung', judging.spoiled, judging.file)}`);
});

async function spoil(): Promise<void> {
  for (const [{ file, bytes, facts }, changes, chunkBytes] of fc.sample(spoiling, { seed, numRuns: batch })) {
    if (Date.now() > endsAtMs) return;
    const spoiled = changes.reduce(mutated, bytes);
    const startMs = Date.now();
    judging = { spoiled, file };
    const judged = await judgeMutation(facts, spoiled, chunkBytes);
    judging = undefined;
    const verdict = Date.now() - startMs > longestMs ? 'slow' : judged;
    verdicts[verdict] += 1;
    if (verdict === 'refused' || verdict === 'harmless') continue;
    const made = JSON.stringify({ chunkBytes, changes });
    console.error(`${verdict}: ${save(verdict, spoiled, file)}, made of ${file} by ${made}`);
    return;
  }
}

while (Date.now() < endsAtMs && !process.exitCode) {
  await spoil();
  seed += 1;
}
console.log(verdicts);
