import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../usage-error.ts';

/** Where a workbook is to go (`--out`). An export may take minutes: where it could not be saved is said before it begins. */
export async function requirePlace(out: string | undefined): Promise<void> {
  if (out === undefined || out === '-') return;
  const folder = await stat(dirname(out)).catch(() => undefined);
  if (!folder?.isDirectory()) {
    throw new UsageError(
      `--out is ${JSON.stringify(out)}; there is no folder ${JSON.stringify(dirname(out))}. Make it first.`,
    );
  }
  const there = await stat(out).catch(() => undefined);
  if (there?.isDirectory()) throw new UsageError(`--out is ${JSON.stringify(out)}, a folder; give a file in it.`);
}
