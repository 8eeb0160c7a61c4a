import type { Context } from './context.ts';
import type { ExportCommand } from './options.ts';

/** Cancels an export, or deletes the workbook of a ready one. Answers the exit code. */
export async function cancelCommand(
  { viewName, exportId }: Extract<ExportCommand, { name: 'cancel' }>,
  { client, narrator }: Context,
): Promise<number> {
  const ended = await client.cancel(viewName, exportId);
  narrator.say(wordsOf(ended.status, exportId));
  narrator.document(ended);
  narrator.answer(ended.status);
  return 0;
}

function wordsOf(status: string, exportId: string): string {
  switch (status) {
    case 'cancelled':
      return `The export ${exportId} is cancelled, for all who asked for it.`;
    case 'deleted':
      return `The export ${exportId} was ready; its workbook is deleted.`;
    default:
      return `The export ${exportId} had ended already; there was nothing to cancel.`;
  }
}
