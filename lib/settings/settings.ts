import * as z from 'zod';
import { triggerNameSchema, webhooksSchema } from '../../functions/api/webhooks/webhook.ts';
import { parseWithFaults } from './faults.ts';
import { scheduleSchema } from './schedule.ts';

const hostSchema = z
  .string()
  .regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host with an optional port, such as knosc.example.com');

/** The settings of a deployment, and of `npm start`: one JSON file. Unknown keys are faults. */
export const settingsSchema = z.strictObject({
  $schema: z.string().describe('For editors.').optional(),
  origin_hosts: z
    .array(hostSchema)
    .describe("Hosts beside Knosc's own that the secret's base_url may name.")
    .default([]),
  workbook_days: z.int().min(1).max(365).describe('How long a workbook is kept.').default(7),
  maximum_concurrency: z
    .int()
    .min(2)
    .max(1000)
    .describe('How many exports may run at once, and so call Knosc.')
    .default(5),
  event_bus: z
    .string()
    .regex(/^[/.\-_A-Za-z0-9]{1,256}$/, "must be an event bus's name")
    .describe('The EventBridge bus for Export Ready and Export Failed.')
    .default('default'),
  webhooks: webhooksSchema.default({}),
  schedules: z.record(triggerNameSchema, scheduleSchema).default({}),
});
export type Settings = z.output<typeof settingsSchema>;

/** All faults of a settings file at once, each with its path, what was given and what is allowed. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
}

export const noSettings: Settings = settingsSchema.parse({});

/** Parses the text of a settings file; `file` is what the faults call it. Throws `SettingsFault`. */
export function parseSettings(text: string, file: string): Settings {
  const parsed = parseWithFaults(settingsSchema, parseJson(text, file));
  if ('value' in parsed) return parsed.value;
  const { faults } = parsed;
  const lines = faults.map(({ path, message, given }) => `  ${path}: ${message}; ${given}`);
  throw new SettingsFault(`${file} has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${lines.join('\n')}`);
}

function parseJson(text: string, file: string): unknown {
  try {
    // Some editors begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new SettingsFault(`${file} is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`);
  }
}
