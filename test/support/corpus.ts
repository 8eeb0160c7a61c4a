import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { ProvenFacts } from '../../functions/export/proof/proof.ts';
import { prove } from './prove.ts';

/** A workbook as a writer made it, with what its sheets hold. */
export interface CorpusWorkbook {
  readonly file: string;
  readonly bytes: Buffer;
  readonly sheets: readonly { readonly name: string; readonly rows: number; readonly columns: readonly string[] }[];
}

const folder = join(import.meta.dirname, '../fixtures/workbooks');
const expectedSchema = z.record(
  z.string(),
  z.array(z.object({ name: z.string(), rows: z.int(), columns: z.array(z.string()) })),
);

/** `test/fixtures/workbooks`: one for each writer, or way of writing. Made by the scripts in its `make`. */
export async function readCorpus(): Promise<readonly CorpusWorkbook[]> {
  const expected = expectedSchema.parse(JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')));
  const files = (await readdir(folder)).filter((file) => file.endsWith('.xlsx'));
  return Promise.all(
    files.map(async (file) => {
      const sheets = expected[file];
      if (!sheets) throw new Error(`expected.json says nothing of ${file}`);
      return { file, sheets, bytes: await readFile(join(folder, file)) };
    }),
  );
}

/** The corpus with what the proof says of it. */
export async function proveCorpus(): Promise<readonly (CorpusWorkbook & { readonly facts: ProvenFacts })[]> {
  const corpus = await readCorpus();
  return Promise.all(corpus.map(async (workbook) => ({ ...workbook, facts: (await prove(workbook.bytes)).facts })));
}
