import { isDeepStrictEqual } from 'node:util';
import type { ProvenFacts } from '../../functions/export/proof/proof.ts';
import { ExportFailure } from '../../functions/ledger/failure.ts';
import { prove, type ProveOptions } from './prove.ts';

/**
 * What the proof makes of a spoiled workbook: `refused`, `harmless` if all parts have their content still, `believed` if it
 * took them for other ones, and `crashed` with anything but an `ExportFailure`.
 */
export type Verdict = 'refused' | 'harmless' | 'believed' | 'crashed';

export async function judgeMutation(
  original: ProvenFacts,
  spoiled: Buffer,
  chunkBytes: number,
  judged?: ProveOptions['judged'],
): Promise<Verdict> {
  try {
    const { facts } = await prove(spoiled, { chunkBytes, ...(judged && { judged }) });
    const isSame = facts.contentHash === original.contentHash && isDeepStrictEqual(facts.sheets, original.sheets);
    return isSame ? 'harmless' : 'believed';
  } catch (error) {
    return error instanceof ExportFailure && error.code === 'workbook-unsound' ? 'refused' : 'crashed';
  }
}
