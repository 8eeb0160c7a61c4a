import type { EndedExport, ExportDocument, LiveExport } from '../export-documents.ts';
import { advising, type Context } from './context.ts';

/** Looks at an export until it has ended, and shows how it comes along. */
export function followExport(begun: ExportDocument, context: Context): Promise<EndedExport> {
  const { client, narrator, commandLine } = context;
  const { view_name, export_id } = begun;
  // Who looks on wants to see it move; a log is no better for more calls.
  const waitSeconds = narrator.isWatched ? 2 : 20;
  const words = [
    `The export ${export_id} goes on without this program.`,
    `  Get it:     ${commandLine('get', view_name, export_id)}`,
    `  Cancel it:  ${commandLine('cancel', view_name, export_id)}`,
  ].join('\n');
  return advising(context, words, async () => {
    let current = begun;
    while (isLive(current)) {
      narrator.show({ name: current.status, bytes: current.bytes_so_far ?? 0 });
      current = await client.get(view_name, export_id, waitSeconds);
    }
    return current;
  });
}

function isLive(document: ExportDocument): document is LiveExport {
  return document.status === 'queued' || document.status === 'running';
}
