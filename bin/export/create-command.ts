import type { ExportDocument } from '../export-documents.ts';
import { advising, type Context } from './context.ts';
import { deliver } from './deliver.ts';
import { followExport } from './follow.ts';
import type { ExportCommand } from './options.ts';
import { Refused } from './refused.ts';
import { requirePlace } from './require-place.ts';

/** Begins an export, waits for its end, and delivers its workbook. Answers the exit code. */
export async function createCommand(
  command: Extract<ExportCommand, { name: 'create' }>,
  context: Context,
  newKey: () => string,
): Promise<number> {
  await requirePlace(command.out);
  const begun = await begin(command, context, command.key ?? newKey());
  context.narrator.say(`Export ${begun.export_id} of ${begun.view_name}`);
  return deliver(await followExport(begun, context), command, context);
}

async function begin(
  { body }: Extract<ExportCommand, { name: 'create' }>,
  context: Context,
  key: string,
): Promise<ExportDocument> {
  const words = `If the export has begun, it goes on. The same command with --key ${quoted(key)} finds it and starts no other.`;
  return advising(context, words, async () => {
    try {
      return await context.client.create(body, key);
    } catch (error) {
      // An export that has failed already is a problem as the answer of a create; it tells more by itself.
      const exportId = error instanceof Refused ? error.problem.export_id : undefined;
      if (exportId === undefined) throw error;
      return context.client.get(body.view_name, exportId, 0);
    }
  });
}

function quoted(key: string): string {
  return /^[\w-]+$/.test(key) ? key : `'${key.replaceAll("'", `'\\''`)}'`;
}
