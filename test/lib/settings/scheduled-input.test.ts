import { expect, test } from 'vitest';
import { scheduledMessageSchema } from '../../../functions/export/schedule/scheduled-message.ts';
import { scheduleSchema } from '../../../lib/settings/schedule.ts';
import { scheduledInput, scheduledTimePlaceholder } from '../../../lib/settings/scheduled-input.ts';

const schedule = scheduleSchema.parse({
  expression: 'cron(0 6 * * ? *)',
  time_zone: 'Europe/Berlin',
  export: { view_name: 'item_master', filters: { 'a < "b"': '<aws.scheduler.scheduled-time>' } },
  delivery: { file_name: 'items' },
});

test("a schedule's input is the queue's message once its placeholder is replaced", () => {
  const input = scheduledInput('nightly', schedule, scheduledTimePlaceholder);
  const replaced = input.replaceAll(/<aws\.scheduler\.[^>]*>/g, '2026-11-27T05:00:00Z');
  expect(scheduledMessageSchema.parse(JSON.parse(replaced))).toEqual({
    schedule: 'nightly',
    fire_time: '2026-11-27T05:00:00Z',
    time_zone: 'Europe/Berlin',
    request: schedule.export,
    delivery: { file_name: 'items' },
  });
  expect(scheduledInput('nightly', schedule, '2026-11-27T05:00:00Z')).toBe(replaced);
});

test('nothing else in it can be taken for a placeholder', () => {
  expect(scheduledInput('nightly', schedule, scheduledTimePlaceholder).split('<')).toHaveLength(2);
});

test('a schedule without delivery sends an empty one', () => {
  const { delivery: _, ...bare } = schedule;
  const message: unknown = JSON.parse(scheduledInput('nightly', bare, '2026-11-27T05:00:00Z'));
  expect(scheduledMessageSchema.parse(message).delivery).toEqual({});
});
