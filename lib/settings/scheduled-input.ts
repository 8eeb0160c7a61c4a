import type { Schedule } from './schedule.ts';

/** What EventBridge Scheduler replaces by the moment that a schedule was to fire, such as `2026-11-27T05:00:00Z`. */
export const scheduledTimePlaceholder = '<aws.scheduler.scheduled-time>';

/**
 * The message that a schedule puts on the queue (`scheduledMessageSchema`): the target's input in AWS, where `fireTime` is the
 * placeholder, and what the sandbox sends. No other `<` stays in it, so that nothing else can be taken for a placeholder.
 */
export function scheduledInput(
  name: string,
  { time_zone, export: request, delivery = {} }: Schedule,
  fireTime: string,
): string {
  const rest = JSON.stringify({ time_zone, request, delivery }).replaceAll('<', '\\u003c');
  return `{"schedule":${JSON.stringify(name)},"fire_time":${JSON.stringify(fireTime)},${rest.slice(1)}`;
}
