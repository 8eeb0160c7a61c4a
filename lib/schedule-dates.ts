import { Duration } from 'aws-cdk-lib';
import type { CfnScheduleProps } from 'aws-cdk-lib/aws-scheduler';
import type { Schedule } from './settings/schedule.ts';
import { nextOfRate, parseScheduleExpression } from './settings/schedule-expression.ts';

type Timing = Pick<Schedule, 'expression' | 'start' | 'end' | 'enabled'>;

// Scheduler takes a start that passed up to five minutes ago, so a deployment has ten to come to its schedules.
const deploymentMs = Duration.minutes(5).toMilliseconds();

/**
 * A schedule's start, end and state as they can be deployed at a moment: Scheduler refuses those that have passed (CreateSchedule:
 * "cannot be earlier than 5 minutes ago"), so that every later deployment would fail. What has begun has no start any more, but for
 * a rate, which without one would begin anew with each update: its start is the next of its times, a few minutes from now
 * or later. What is over is switched off.
 */
export function scheduleDates(
  { expression, start, end, enabled }: Timing,
  now: Date,
): Pick<CfnScheduleProps, 'startDate' | 'endDate' | 'state'> {
  const endMs = end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end);
  const next = start === undefined ? undefined : nextStart(expression, start, now.getTime());
  const isOver = endMs <= now.getTime() || (next !== undefined && Date.parse(next) >= endMs);
  return {
    ...(next !== undefined && !isOver && { startDate: next }),
    ...(end !== undefined && !isOver && { endDate: end }),
    state: enabled && !isOver ? 'ENABLED' : 'DISABLED',
  };
}

function nextStart(expression: string, start: string, nowMs: number): string | undefined {
  const startMs = Date.parse(start);
  if (startMs > nowMs) return start;
  const parsed = parseScheduleExpression(expression);
  if (!('kind' in parsed) || parsed.kind !== 'rate') return undefined;
  const nextMs = nextOfRate(parsed.everyMs, startMs, nowMs + deploymentMs);
  return `${new Date(nextMs).toISOString().slice(0, -'.000Z'.length)}Z`;
}
