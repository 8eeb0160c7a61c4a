import * as z from 'zod';
import type { Settings } from '../lib/settings/settings.ts';
import type { Platform } from './local-system.ts';

type FunctionSettings = Pick<
  Settings,
  'origin_hosts' | 'workbook_days' | 'event_bus' | 'webhooks' | 'longest_link_s' | 'maximum_workbook_bytes'
>;

const environmentSchema = z.looseObject({
  AWS_REGION: z.string().min(1),
  BUCKET_NAME: z.string().min(1),
  QUEUE_URL: z.url(),
  SECRET_ID: z.string().min(1),
  SESSION_KEY_SECRET_ID: z.string().min(1),
  LINK_ROLE_ARN: z.string().regex(/^arn:[\w-]+:iam::\d{12}:role\/.+$/),
  ORIGIN_HOSTS: z.string().optional(),
  EVENT_BUS_NAME: z.string().min(1).optional(),
});

/** The environment variables that describe an AWS to run on, beside the SDK's own (endpoint, credentials). */
export const platformVariables = [
  'AWS_REGION',
  'BUCKET_NAME',
  'QUEUE_URL',
  'SECRET_ID',
  'SESSION_KEY_SECRET_ID',
  'LINK_ROLE_ARN',
] as const;

/**
 * The AWS that the standard environment variables describe, with what the settings say of the functions. The SDK finds endpoint
 * and credentials there by itself.
 */
export function platformOfEnvironment(variables: NodeJS.ProcessEnv, settings: FunctionSettings): Platform {
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
    throw new Error(
      `--aws environment needs ${platformVariables.join(', ')} in the environment; missing or malformed: ${faults}. The outputs of the stack name them.`,
    );
  }
  const { AWS_REGION, BUCKET_NAME, QUEUE_URL, SECRET_ID, SESSION_KEY_SECRET_ID, LINK_ROLE_ARN } = parsed.data;
  const ORIGIN_HOSTS = [parsed.data.ORIGIN_HOSTS ?? '', ...settings.origin_hosts]
    .filter((host) => host !== '')
    .join(',');
  const WORKBOOK_DAYS = String(settings.workbook_days);
  const EVENT_BUS_NAME = parsed.data.EVENT_BUS_NAME ?? settings.event_bus;
  return {
    access: {},
    region: AWS_REGION,
    accountId: LINK_ROLE_ARN.split(':')[4] ?? '',
    environment: {
      BUCKET_NAME,
      QUEUE_URL,
      SECRET_ID,
      SESSION_KEY_SECRET_ID,
      LINK_ROLE_ARN,
      ORIGIN_HOSTS,
      WORKBOOK_DAYS,
      EVENT_BUS_NAME,
      LONGEST_LINK_S: String(settings.longest_link_s),
      MAXIMUM_WORKBOOK_BYTES: String(settings.maximum_workbook_bytes),
      WEBHOOKS: JSON.stringify(settings.webhooks),
    },
  };
}
