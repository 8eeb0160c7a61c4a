import * as z from 'zod';
import { triggerNameSchema } from '../../functions/api/webhooks/webhook.ts';
import { runbookUrlSchema } from '../monitoring/runbook.ts';
import { parseWithFaults } from './faults.ts';
import { lostKeys } from './lost-keys.ts';
import { scheduleSchema } from './schedule.ts';
import { declaredWebhooksSchema } from './webhook.ts';

const hostSchema = z
  .string()
  .regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host with an optional port, such as knosc.example.com');

const keyArnSchema = z
  .string()
  .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, 'must be the ARN of a KMS key, not of an alias');

const concurrencySchema = z.object({ maximum_concurrency: z.int(), reserved_concurrency: z.int() });

const settingsKeys = z.strictObject({
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
  reserved_concurrency: z
    .int()
    .min(2)
    .describe('How many runs of the export function the account keeps room for, and lets there be at most.')
    .optional(),
  export_memory_mb: z
    .int()
    .min(512)
    .max(10_240)
    .describe('Memory of the export function; Lambda gives it a processor for each 1,769 MB.')
    .default(512),
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
  encryption_key: keyArnSchema.describe("A customer's KMS key for bucket, secrets and queues.").optional(),
  former_encryption_keys: z
    .array(keyArnSchema)
    // A role's policies have 10 KB in all, and each of these takes some hundred bytes of them for each webhook too.
    .max(5)
    .describe(
      'Keys that encryption_key named before, under which something still lies: it can be read, and nothing new is encrypted.',
    )
    .default([]),
  alarm_email: z
    .email('must be an e-mail address')
    .describe('Who hears of alarms; AWS asks the address first.')
    .optional(),
  runbook_url: runbookUrlSchema.describe('Where docs/runbook.md can be read; alarms link into it.').optional(),
  log_days: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653])
    .describe('How long logs are kept.')
    .default(30),
  tracing: z.boolean().describe('X-Ray traces of both functions.').default(true),
  remove_data: z
    .boolean()
    .describe(
      'Whether secrets and bucket go when the stack is removed: secrets at once and for good, the bucket only if it is empty. Its access logs stay.',
    )
    .default(false),
});

/** The settings of a deployment, and of `npm start`: one JSON file. Unknown keys are faults. */
export const settingsSchema = settingsKeys.refine(
  ({ maximum_concurrency: maximum, reserved_concurrency: reserved }) => reserved === undefined || reserved >= maximum,
  {
    path: ['reserved_concurrency'],
    message: 'must be at least maximum_concurrency, or the queue finds no function to run its exports',
    // Told beside the faults of other keys.
    when: ({ value }) => concurrencySchema.safeParse(value).success,
  },
);
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
