import * as z from 'zod';
import { AwsError, notInThisSandbox } from '../aws-error.ts';

const redrivePolicy = z
  .string()
  .transform((text, context) => {
    try {
      const policy: unknown = JSON.parse(text);
      return policy;
    } catch {
      context.addIssue('RedrivePolicy is not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number().int().min(1).max(1000) }));
const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const settingsSchema = z.object({
  // SQS takes whole seconds only; here a test may want a function's time limit, and with it this, to be shorter than that.
  VisibilityTimeout: z.coerce.number().min(0).max(43_200).default(30),
  DelaySeconds: wholeNumber(0, 900).default(0),
  ReceiveMessageWaitTimeSeconds: wholeNumber(0, 20).default(0),
  MessageRetentionPeriod: wholeNumber(60, 1_209_600).default(345_600),
  MaximumMessageSize: wholeNumber(1024, 1_048_576).default(1_048_576),
  RedrivePolicy: redrivePolicy.optional(),
});

export type QueueSettings = z.infer<typeof settingsSchema>;

/** Settings from the attributes of CreateQueue or SetQueueAttributes, over those that a queue has. An empty RedrivePolicy takes it away. */
export function settingsFrom(attributes: Record<string, string>, current: Partial<QueueSettings> = {}): QueueSettings {
  const unknown = Object.keys(attributes).find((name) => !(name in settingsSchema.shape));
  if (unknown !== undefined) throw notInThisSandbox(`The queue attribute ${unknown}`);
  const { RedrivePolicy, ...rest } = attributes;
  const parsed = settingsSchema.safeParse({
    ...current,
    RedrivePolicy: undefined,
    ...rest,
    ...(RedrivePolicy && { RedrivePolicy }),
  });
  if (!parsed.success) throw new AwsError('InvalidAttributeValue', z.prettifyError(parsed.error));
  const { RedrivePolicy: given, ...settings } = parsed.data;
  const policy = RedrivePolicy === undefined ? current.RedrivePolicy : given;
  return { ...settings, ...(policy && { RedrivePolicy: policy }) };
}

/** Settings as GetQueueAttributes writes them. */
export function attributesOf({ RedrivePolicy, ...numbers }: QueueSettings): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
    ...(RedrivePolicy && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
  };
}
