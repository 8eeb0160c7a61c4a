import * as z from 'zod';
import { triggerNameSchema } from '../../functions/api/webhooks/webhook.ts';
import { parseWithFaults } from './faults.ts';
import { lostKeys } from './lost-keys.ts';
import { scheduleSchema } from './schedule.ts';
import { declaredWebhooksSchema } from './webhook.ts';

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
  webhooks: declaredWebhooksSchema.default({}),
  schedules: z.record(triggerNameSchema, scheduleSchema).default({}),
  webhook_throttle: z
    .strictObject({ rate_per_second: z.int().min(1).max(10_000), burst: z.int().min(1).max(5000) })
    .describe('What the open route of the webhooks takes at most, all webhooks together.')
    .default({ rate_per_second: 50, burst: 100 }),
  maximum_workbook_bytes: z
    .int()
    .min(1)
    .max(64 * 1024 ** 3)
    .describe('What a workbook may weigh.')
    .default(4 * 1024 ** 3),
  longest_link_s: z
    .int()
    .min(60)
    .max(3600)
    .describe('How old a link may be when it is followed; the bucket refuses older ones, whoever signed them.')
    .default(3600),
  encryption_key: z
    .string()
    .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, 'must be the ARN of a KMS key, not of an alias')
    .describe("A customer's KMS key for bucket, secrets and queues.")
    .optional(),
  alarm_email: z
    .email('must be an e-mail address')
    .describe('Who hears of alarms; AWS asks the address first.')
    .optional(),
  log_days: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
    .describe('How long logs are kept.')
    .default(30),
  tracing: z.boolean().describe('X-Ray traces of both functions.').default(true),
  remove_data: z
    .boolean()
    .describe('Whether the buckets go when the stack is removed, if they are empty; otherwise they stay.')
    .default(false),
});
export type Settings = z.output<typeof settingsSchema>;

/** All faults of a settings file at once, each with its path, what was given and what is allowed. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
}

export const noSettings: Settings = settingsSchema.parse({});

/** Parses the text of a settings file; `file` is what the faults call it. Throws `SettingsFault`. */
export function parseSettings(text: string, file: string): Settings {
  // Some editors begin a file with a byte order mark.
  const json = text.replace(/^\uFEFF/, '');
  const parsed = parseWithFaults(settingsSchema, parseJson(json, file));
  const lost = lostKeys(json);
  if ('value' in parsed && lost.length === 0) return parsed.value;
  const faults = 'value' in parsed ? lost : [...lost, ...parsed.faults];
  const lines = faults.map(({ path, message, given }) => `  ${path}: ${message}; ${given}`);
  throw new SettingsFault(`${file} has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${lines.join('\n')}`);
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new SettingsFault(`${file} is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}`);
  }
}
