import { Duration } from 'aws-cdk-lib';
import type { HttpApi, IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { type FunctionMetrics, sumOf } from './metric.ts';

/** What is watched. */
export interface WatchedParts {
  /** What the functions themselves measure. */
  readonly own: FunctionMetrics;
  readonly httpApi: HttpApi | IHttpApi;
  readonly apiFunction: IFunction;
  readonly exportFunction: IFunction;
  readonly queue: IQueue;
  readonly deadLetters: IQueue;
  readonly scheduleDeadLetters: IQueue;
  readonly scheduleGroupName: string;
}

interface AlarmDeclaration {
  /** What the users lose while it lasts. */
  readonly lost: string;
  /** What to do first; the runbook has the rest. */
  readonly first: string;
  readonly metric: (parts: WatchedParts) => IMetric;
  /** Alarms at this value and above. */
  readonly threshold: number;
  /** How many periods in a row; 1 if left out. */
  readonly periods?: number;
}

const quarter = Duration.minutes(15);
const fiveMinutes = Duration.minutes(5);

/** Every alarm, by the name of its entry in docs/runbook.md; a test holds the two together. */
export const alarms = {
  'exports-failing': {
    lost: 'A fifth of the exports or more fail, or all of a few, by no fault of their callers: no workbook, no link.',
    first: 'See on the dashboard which failure it is.',
    metric: ({ own }) => own.failingShare(quarter),
    threshold: 20,
  },
  'credentials-unusable': {
    lost: 'Every export fails: Knosc does not let the service account in, or has locked it. Nothing is tried again by itself.',
    first: 'Read the detail of a failed export, mend the account at Knosc, then the secret.',
    metric: ({ own }) =>
      own.exportsThatEnded(
        fiveMinutes,
        'exports without a session',
        'credentials-unusable',
        'second-factor-needed',
        'first-sign-in-needed',
        'origin-locked',
      ),
    threshold: 1,
  },
  'log-in-refused': {
    lost: 'Nothing yet. Knosc refused a log-in, or its answer was lost; it locks the account at the third in a row.',
    first: 'Compare the secret with the account before anyone logs in with it again.',
    metric: ({ own }) => own.metricOf('RefusedLogIns', {}, { period: fiveMinutes }),
    threshold: 1,
  },
  'workbooks-unsound': {
    lost: 'Knosc sends workbooks that are cut or broken. None is published; exports fail or take longer.',
    first: 'See on the dashboard what is wrong with them, and tell Knosc.',
    metric: ({ own }) => own.metricOf('ProofFailures', {}, { period: Duration.hours(1) }),
    threshold: 3,
  },
  'exports-wait': {
    lost: 'Exports wait for more than half an hour before they run.',
    first: 'See whether the export function runs at all, and whether Knosc is slow.',
    // A webhook may wait 15 minutes by its debounce, and an export may run for 15.
    metric: ({ queue }) => queue.metricApproximateAgeOfOldestMessage({ period: fiveMinutes, statistic: Stats.MAXIMUM }),
    threshold: Duration.minutes(30).toSeconds(),
    periods: 2,
  },
  'messages-given-back': {
    lost: 'Exports are begun again and again and cannot end: S3 does not let their records be read or written.',
    first: 'See whether S3 is well, then what has changed of bucket, key or roles.',
    // SQS leaves a message that was received more than three times out of the age of the oldest. One message comes back every 15
    // minutes at least, so that within an hour it is enough for this alone.
    metric: ({ own }) => own.metricOf('MessagesGivenBack', {}, { period: Duration.hours(1) }),
    threshold: 3,
  },
  'dead-letters': {
    lost: 'A message of the queue was given up after 100 tries, or could not be read: its export will not be made.',
    first: 'Look at the message before it ends, 4 days after it was sent.',
    metric: ({ deadLetters }) =>
      deadLetters.metricApproximateNumberOfMessagesVisible({ period: fiveMinutes, statistic: Stats.MAXIMUM }),
    threshold: 1,
  },
  'schedules-refused': {
    lost: 'Schedules fire, but the queue does not take their messages; they are tried again for a day.',
    first: "See what the queue refuses: its policy, the schedules' roles, the encryption key.",
    metric: ({ scheduleGroupName }) =>
      new Metric({
        namespace: 'AWS/Scheduler',
        metricName: 'TargetErrorCount',
        dimensionsMap: { ScheduleGroup: scheduleGroupName },
        statistic: Stats.SUM,
        period: quarter,
      }),
    threshold: 3,
  },
  'schedule-dead-letters': {
    lost: 'A schedule fired, and in a day of tries the queue did not take its message: that export was not made.',
    first: 'Send the message to the queue once the cause is mended.',
    metric: ({ scheduleDeadLetters }) =>
      scheduleDeadLetters.metricApproximateNumberOfMessagesVisible({ period: fiveMinutes, statistic: Stats.MAXIMUM }),
    threshold: 1,
  },
  defects: {
    lost: 'A call or an export met an error that nobody foresaw, and failed as `internal`.',
    first: 'Find the log line `defect` and tell us its stack.',
    metric: ({ own }) => own.metricOf('Defects', {}, { period: fiveMinutes }),
    threshold: 1,
  },
  'api-failing': {
    lost: 'Callers get 5xx: one call of twenty or more, and five at least.',
    first: 'Tell by the access log whether the gateway, the api function or Knosc answers so.',
    metric: ({ httpApi }) =>
      new MathExpression({
        expression: 'IF(failed >= 5, 100 * failed / calls, 0)',
        usingMetrics: {
          failed: httpApi.metricServerError({ period: fiveMinutes, statistic: Stats.SUM }),
          calls: httpApi.metricCount({ period: fiveMinutes, statistic: Stats.SUM }),
        },
        period: fiveMinutes,
        label: 'calls answered 5xx, in percent',
      }),
    threshold: 5,
  },
  'functions-failing': {
    lost: 'A function died or ran out of time or memory: a call got 500, or an export is taken over a minute later.',
    first: "Read the function's log around that time.",
    metric: ({ apiFunction, exportFunction }) =>
      sumOf(fiveMinutes, 'invocations that died', {
        api: apiFunction.metricErrors({ period: fiveMinutes, statistic: Stats.SUM }),
        export: exportFunction.metricErrors({ period: fiveMinutes, statistic: Stats.SUM }),
      }),
    threshold: 1,
  },
  'functions-throttled': {
    lost: "Calls get 503 or 429, exports wait: the account's concurrency is used up.",
    first: 'See who uses it, and ask AWS for more.',
    metric: ({ apiFunction, exportFunction }) =>
      sumOf(fiveMinutes, 'throttled invocations', {
        api: apiFunction.metricThrottles({ period: fiveMinutes, statistic: Stats.SUM }),
        export: exportFunction.metricThrottles({ period: fiveMinutes, statistic: Stats.SUM }),
      }),
    threshold: 1,
  },
  'events-not-sent': {
    lost: 'Subscribers hear late of exports that are ready or failed. The exports themselves are well.',
    first: 'See whether the event bus is there and the export function may put events on it.',
    metric: ({ own }) => own.metricOf('EventFailures', {}, { period: fiveMinutes }),
    threshold: 1,
  },
  'webhooks-refused': {
    lost: 'Webhooks are refused: what they tell of is not exported.',
    first: "Compare the sender's signing secret with the webhook's; a stranger may be trying the address, too.",
    metric: ({ own }) => own.metricOf('WebhookRefusals', {}, { period: quarter }),
    threshold: 10,
  },
} as const satisfies Readonly<Record<string, AlarmDeclaration>>;

export type AlarmName = keyof typeof alarms;

/** All alarms with their names, as what they declare. */
export function declaredAlarms(): readonly (readonly [name: string, alarm: AlarmDeclaration])[] {
  return Object.entries(alarms);
}
