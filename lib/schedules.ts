import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { triggerNameSchema } from '../functions/api/webhooks/webhook.ts';
import { parseDeclaration } from './declaration.ts';
import { keyStatement } from './key-statement.ts';
import { scheduleDates } from './schedule-dates.ts';
import { type Schedule, scheduleSchema } from './settings/schedule.ts';
import { scheduledInput, scheduledTimePlaceholder } from './settings/scheduled-input.ts';

/** A schedule as in the settings file. */
export type ScheduleDeclaration = z.input<typeof scheduleSchema>;

interface SchedulesProps {
  readonly queue: Queue;
  /** Where Scheduler puts what the queue did not take. */
  readonly deadLetters: Queue;
  readonly encryptionKey?: IKey | undefined;
  /** When this is synthesized: AWS takes no start or end that has passed. */
  readonly now?: Date;
}

// Scheduler's own maxima: SQS out of reach for a day is worth waiting for, and who comes later finds the message among the dead letters.
const retryPolicy = { maximumEventAgeInSeconds: Duration.hours(24).toSeconds(), maximumRetryAttempts: 185 };

/** The schedules: one group, and for each schedule a role that can put messages on the queue and do nothing else. */
export class Schedules extends Construct {
  readonly group: CfnScheduleGroup;
  private readonly props: SchedulesProps;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.props = props;
    this.group = new CfnScheduleGroup(this, 'Group');
  }

  add(name: string, declaration: ScheduleDeclaration): void {
    const called = parseDeclaration(triggerNameSchema, name, 'the name of a schedule');
    if (this.node.tryFindChild(called)) {
      throw new Error(`the schedule ${called} is declared twice; give it another name`);
    }
    const schedule = parseDeclaration(scheduleSchema, declaration, `the schedule ${called}`);
    const { queue, deadLetters, now = new Date() } = this.props;
    const own = new Construct(this, called);
    const role = this.role(own);
    const resource = new CfnSchedule(own, 'Schedule', {
      name: called,
      groupName: this.group.ref,
      scheduleExpression: schedule.expression,
      scheduleExpressionTimezone: schedule.time_zone,
      flexibleTimeWindow: flexibleTimeWindow(schedule),
      ...scheduleDates(schedule, now),
      target: {
        arn: queue.queueArn,
        roleArn: role.roleArn,
        input: scheduledInput(called, schedule, scheduledTimePlaceholder),
        retryPolicy,
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
    });
    // With its policy, which is a resource of its own: a rate's first time is at once, and would be refused before that.
    resource.node.addDependency(role);
  }

  private role(scope: Construct): Role {
    const { queue, deadLetters, encryptionKey } = this.props;
    const role = new Role(scope, 'Role', {
      // The group, since Scheduler's documentation asks not to name one schedule here.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account, 'aws:SourceArn': this.group.attrArn },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn, deadLetters.queueArn] }),
    );
    if (encryptionKey) {
      role.addToPolicy(keyStatement(this, encryptionKey, 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey']));
    }
    return role;
  }
}

function flexibleTimeWindow({ flexible_window_minutes: minutes }: Schedule): CfnSchedule.FlexibleTimeWindowProperty {
  return minutes === undefined ? { mode: 'OFF' } : { mode: 'FLEXIBLE', maximumWindowInMinutes: minutes };
}
