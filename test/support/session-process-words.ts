import * as z from 'zod';

/** What the parent says to begin with; whatever it says after that asks for a session. */
export const settingsSchema = z.object({
  access: z.object({
    endpoint: z.string(),
    region: z.string(),
    credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  }),
  bucket: z.string(),
  secretId: z.string(),
  sessionKeySecretId: z.string(),
  timing: z.object({ leaseMs: z.number(), limitMs: z.number(), leastLimitMs: z.number() }),
});
export type SessionProcessSettings = z.infer<typeof settingsSchema>;

/** What this process says: that it is about to log in, or what came of the session that it was asked for. */
export const wordSchema = z.union([
  z.object({ word: z.literal('ready') }),
  z.object({ word: z.literal('logs in') }),
  z.object({ word: z.literal('has'), sessionId: z.string(), isNew: z.boolean() }),
  z.object({ word: z.literal('failed'), code: z.string() }),
]);
export type Word = z.infer<typeof wordSchema>;
