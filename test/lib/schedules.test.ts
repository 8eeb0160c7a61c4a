import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { scheduledMessageSchema } from '../../functions/export/schedule/scheduled-message.ts';
import { ExportProxy } from '../../lib/export-proxy.ts';
import { type ScheduleDeclaration, Schedules } from '../../lib/schedules.ts';
import { createApp, grantsOf, propertiesOf, synthesize } from '../support/synthesize.ts';

const daily: ScheduleDeclaration = {
  expression: 'cron(0 6 * * ? *)',
  time_zone: 'Europe/Berlin',
  export: { view_name: 'purchase_order_list', filters: { 'PO List Order Date': '{today-7d}' } },
  delivery: { link_lifetime_s: 600 },
};

/** As synthesized at some moment. */
function scheduleAt(now: string, schedule: ScheduleDeclaration): Readonly<Record<string, unknown>> {
  const stack = new Stack(createApp(), 'Theirs');
  const queue = new Queue(stack, 'Queue');
  new Schedules(stack, 'Schedules', { queue, deadLetters: queue, now: new Date(now) }).add('daily', schedule);
  return [...propertiesOf(Template.fromStack(stack), 'AWS::Scheduler::Schedule').values()][0] ?? {};
}

describe('a schedule', () => {
  const template = synthesize({
    schedules: { daily, hourly: { ...daily, expression: 'rate(1 hour)', enabled: false } },
  });
  const [properties] = propertiesOf(template, 'AWS::Scheduler::Schedule').values();

  test('is one of EventBridge Scheduler, in the group of the proxy', () => {
    template.resourceCountIs('AWS::Scheduler::Schedule', 2);
    template.resourceCountIs('AWS::Scheduler::ScheduleGroup', 1);
    expect(properties).toMatchObject({
      Name: 'daily',
      GroupName: { Ref: expect.stringMatching(/^SchedulesGroup/) },
      ScheduleExpression: 'cron(0 6 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
    });
  });

  test('puts a message on the queue that the export function understands, with the moment that it was to fire', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      Name: 'daily',
      Target: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Queue[0-9A-F]{8}$'), 'Arn'] },
        Input: Match.serializedJson(
          Match.objectLike({ schedule: 'daily', fire_time: '<aws.scheduler.scheduled-time>' }),
        ),
      },
    });
    const input = String(JSON.stringify(properties).match(/"Input":("(?:[^"\\]|\\.)*")/)?.[1]);
    const sent = String(JSON.parse(input)).replace('<aws.scheduler.scheduled-time>', '2026-11-27T05:00:00Z');
    expect(scheduledMessageSchema.parse(JSON.parse(sent))).toEqual({
      schedule: 'daily',
      fire_time: '2026-11-27T05:00:00Z',
      time_zone: 'Europe/Berlin',
      request: daily.export,
      delivery: daily.delivery,
    });
  });

  test('is tried again for a day, and then is a dead letter', () => {
    template.allResourcesProperties('AWS::Scheduler::Schedule', {
      Target: {
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ScheduleDeadLetters'), 'Arn'] } },
      },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 14 * 86_400 });
  });

  test('has a role of its own that sends to the two queues and does nothing else', () => {
    const roles = propertiesOf(template, 'AWS::IAM::Role');
    const own = [...roles].filter(([id]) => id.startsWith('Schedules'));
    expect(own.map(([id]) => id)).toEqual([expect.stringMatching(/daily/), expect.stringMatching(/hourly/)]);
    for (const [id, role] of own) {
      expect(grantsOf(template, id.slice(0, -8))).toEqual([
        'sqs:SendMessage on Queue',
        'sqs:SendMessage on ScheduleDeadLetters',
      ]);
      expect(role).toMatchObject({
        AssumeRolePolicyDocument: {
          Statement: [
            {
              Action: 'sts:AssumeRole',
              Principal: { Service: 'scheduler.amazonaws.com' },
              Condition: {
                StringEquals: {
                  'aws:SourceAccount': { Ref: 'AWS::AccountId' },
                  'aws:SourceArn': { 'Fn::GetAtt': [expect.stringMatching(/^SchedulesGroup/), 'Arn'] },
                },
              },
            },
          ],
        },
      });
    }
  });

  test('can be switched off, and fire within a window', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', { Name: 'hourly', State: 'DISABLED' });
    expect(scheduleAt('2026-11-26T00:00:00Z', { ...daily, flexible_window_minutes: 15 })).toMatchObject({
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    });
  });

  const start = '2026-12-01T00:00:00Z';
  const end = '2026-12-31T00:00:00Z';
  test.each<[when: string, now: string, expected: { StartDate?: string; EndDate?: string; State: string }]>([
    ['before it begins', '2026-11-30T23:59:59Z', { StartDate: start, EndDate: end, State: 'ENABLED' }],
    ['once it has begun, without its start', '2026-12-01T00:00:00Z', { EndDate: end, State: 'ENABLED' }],
    ['once it is over, switched off', '2026-12-31T00:00:00Z', { State: 'DISABLED' }],
  ])('with a start and an end can be deployed %s', (_when, now, { StartDate, EndDate, State }) => {
    expect(scheduleAt(now, { ...daily, start, end })).toMatchObject({ State });
    expect(scheduleAt(now, { ...daily, start, end })['StartDate']).toBe(StartDate);
    expect(scheduleAt(now, { ...daily, start, end })['EndDate']).toBe(EndDate);
  });

  const hourly = { ...daily, expression: 'rate(1 hour)', start: '2026-12-01T00:20:00.500Z' };
  test.each<[when: string, now: string, expected: { StartDate?: string; State: string }]>([
    ['before it begins', '2026-12-01T00:20:00Z', { StartDate: hourly.start, State: 'ENABLED' }],
    ['once it has begun', '2026-12-01T00:20:01Z', { StartDate: '2026-12-01T01:20:01Z', State: 'ENABLED' }],
    ['weeks later', '2026-12-24T10:15:00.999Z', { StartDate: '2026-12-24T10:20:01Z', State: 'ENABLED' }],
    ['minutes before its next time', '2026-12-24T10:15:01Z', { StartDate: '2026-12-24T11:20:01Z', State: 'ENABLED' }],
    ['with no time left', '2026-12-30T23:20:00Z', { State: 'DISABLED' }],
  ])('of a rate keeps its times when it is deployed %s', (_when, now, { StartDate, State }) => {
    expect(scheduleAt(now, { ...hourly, end })).toMatchObject({ State });
    expect(scheduleAt(now, { ...hourly, end })['StartDate']).toBe(StartDate);
    expect(scheduleAt(now, { ...hourly, end })['EndDate']).toBe(State === 'ENABLED' ? end : undefined);
  });

  test('of a rate without a start stays as it was when it is deployed again, so that nothing updates it', () => {
    const [first, second] = ['2026-12-01T00:00:00Z', '2026-12-24T10:17:00Z'].map((now) =>
      scheduleAt(now, { ...daily, expression: 'rate(1 hour)' }),
    );
    expect(first).toEqual(second);
    expect(first).not.toHaveProperty('StartDate');
  });

  test('is made after the policy of its role, since a rate may fire at once', () => {
    const made = Object.values(template.findResources('AWS::Scheduler::Schedule'));
    expect(made).toMatchObject([
      { DependsOn: [expect.stringContaining('dailyRoleDefaultPolicy'), expect.stringContaining('dailyRole')] },
      { DependsOn: [expect.stringContaining('hourlyRoleDefaultPolicy'), expect.stringContaining('hourlyRole')] },
    ]);
  });

  test.each<[fault: string, name: string, schedule: ScheduleDeclaration, message: RegExp]>([
    [
      'an expression that is none',
      'daily',
      { ...daily, expression: 'daily' },
      /the schedule daily cannot be used: expression: /,
    ],
    ['a name that no resource takes', 'Täglich', daily, /the name of a schedule cannot be used/],
    ['the name of another', 'taken', daily, /the schedule taken is declared twice/],
  ])('is refused with %s', (_fault, name, schedule, message) => {
    const proxy = new ExportProxy(new Stack(createApp(), 'Theirs'), 'Proxy', { schedules: { taken: daily } });
    expect(() => proxy.addSchedule(name, schedule)).toThrow(message);
  });
});
