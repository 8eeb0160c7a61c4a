import { setTimeout as sleep } from 'node:timers/promises';
import type { ExportDocument, FiredDocument } from '../export-documents.ts';
import { advising, type Context } from './context.ts';
import { deliver } from './deliver.ts';
import { followExport } from './follow.ts';
import type { ExportCommand } from './options.ts';
import { requirePlace } from './require-place.ts';

/** Fires a schedule now, waits for the end of its export, and delivers the workbook. Answers the exit code. */
export async function runScheduleCommand(
  command: Extract<ExportCommand, { name: 'run-schedule' }>,
  context: Context,
): Promise<number> {
  const { client, narrator, commandLine } = context;
  await requirePlace(command.out);
  const fired = await client.fireSchedule(command.scheduleName);
  narrator.say(`Schedule ${fired.schedule} has fired for ${fired.fire_time}`);
  const words = `Its export goes on without this program. Find it: ${commandLine('list', fired.view_name)}`;
  const begun = await advising(context, words, () => findExport(fired, context));
  narrator.say(`Export ${begun.export_id} of ${begun.view_name}`);
  return deliver(await followExport(begun, context), command, context);
}

const lookAgainMs = 500;

/** Its message has to come out of the queue first, where others may be before it. */
async function findExport(fired: FiredDocument, { client, narrator, signal }: Context): Promise<ExportDocument> {
  for (;;) {
    const { exports } = await client.list(fired.view_name, 20, undefined);
    const found = exports.find(
      ({ trigger }) => trigger?.name === fired.schedule && trigger.fire_time === fired.fire_time,
    );
    if (found) return client.get(fired.view_name, found.export_id, 0);
    narrator.show({ name: 'queued', bytes: 0 });
    await sleep(lookAgainMs, undefined, { signal });
  }
}
