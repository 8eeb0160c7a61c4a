import * as z from 'zod';

/** Where docs/runbook.md can be read; alarms put `#` and their name behind it, and their descriptions have room for so much. */
export const runbookUrlSchema = z
  .string()
  .regex(
    /^https:\/\/[^\s#]{1,400}$/,
    'must be an https address without spaces and #, such as https://wiki.example.com/knosc-runbook',
  );

/** Leads to the runbook's entry: by a link, or in words where nobody has said where the runbook can be read. */
export function runbookEntry(url: string | undefined, name: string): string {
  return url === undefined ? `Runbook: docs/runbook.md of the project, entry "${name}".` : `Runbook: ${url}#${name}`;
}
