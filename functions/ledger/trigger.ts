import * as z from 'zod';

/** What asked for an export: a caller of the HTTP interface by its principal, a webhook or a schedule by its name, or a direct invocation. */
export const triggerSchema = z.object({
  kind: z.enum(['api', 'webhook', 'schedule', 'invoke']),
  /** Of `api`: the caller's principal without its session name. */
  caller: z.string().optional(),
  /** Of `webhook` and `schedule`: which one, as the settings call it. */
  name: z.string().optional(),
  /** Of `schedule`: when it was to fire. */
  fire_time: z.iso.datetime().optional(),
});
export type Trigger = z.infer<typeof triggerSchema>;

/** Whose idempotency keys these are: no caller, webhook or schedule ever meets another's. */
export function keyScope({ kind, caller, name }: Trigger): string {
  return name === undefined ? (caller ?? kind) : `${kind}/${name}`;
}
