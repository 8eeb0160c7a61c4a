import { createJudgeThread } from '../../functions/export/proof/judge-thread.ts';
import { createProveWorkbook, type ProvenFacts } from '../../functions/export/proof/proof.ts';

export interface ProveOptions {
  /** How large the body's chunks are; the last may be shorter. */
  readonly chunkBytes?: number;
  readonly maximumBytes?: number;
  /** Where it is judged; by its size where nothing is said, as with more than one processor. */
  readonly judged?: keyof typeof proveWays;
}

const judgeInThread = createJudgeThread();
const proveWays = {
  'by size': createProveWorkbook(2, { judgeLarge: judgeInThread }),
  'in thread': createProveWorkbook(1, { judge: judgeInThread }),
  here: createProveWorkbook(1),
};

export async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** Reads a workbook through the proof: what came out, and what is known of it. */
export async function prove(
  bytes: Uint8Array,
  { chunkBytes = 4096, maximumBytes = 100_000_000, judged = 'by size' }: ProveOptions = {},
): Promise<{ readonly passed: Buffer; readonly facts: ProvenFacts }> {
  const proof = proveWays[judged](chunksOf(bytes, chunkBytes), maximumBytes);
  const passed: Uint8Array[] = [];
  // A block is valid until the next one is asked for.
  for await (const block of proof.chunks) passed.push(Uint8Array.from(block));
  return { passed: Buffer.concat(passed), facts: proof.facts() };
}
