import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  Row,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { MetricDimension, MetricName } from '../../functions/ledger/metric-names.ts';
import type { WatchedParts } from './alarms.ts';
import type { FunctionMetrics } from './metric.ts';

interface DashboardParts {
  readonly parts: WatchedParts;
  readonly alarms: readonly Alarm[];
  readonly runbookUrl: string | undefined;
}

const period = Duration.minutes(5);

/** One page that answers: is it working, how fast, what fails. */
export function createDashboard(scope: Construct, { parts, alarms, runbookUrl }: DashboardParts): Dashboard {
  const { own, httpApi, apiFunction, exportFunction, queue, deadLetters, scheduleDeadLetters } = parts;
  const { metricOf, failingShare } = own;
  const timesToLink = ['p50', 'p90', 'p99'].map((statistic) =>
    metricOf('TimeToLink', {}, { statistic, period, label: statistic }),
  );
  return new Dashboard(scope, 'Dashboard', {
    defaultInterval: Duration.hours(12),
    widgets: [
      question(
        `# Is it working?\nWhat each alarm means and what to do: ${runbookUrl ?? 'docs/runbook.md of the project'}`,
      ),
      [
        new AlarmStatusWidget({ title: 'Alarms', width: 12, height: 6, alarms: [...alarms] }),
        graph('Exports by how they began and ended', byDimension(own, 'Exports', 'trigger', 'outcome')),
      ],
      [
        graph('Failing by no fault of their callers, percent', [failingShare(Duration.minutes(15))]),
        graph('Calls of the HTTP API', [
          httpApi.metricCount({ period, statistic: Stats.SUM, label: 'all' }),
          httpApi.metricClientError({ period, statistic: Stats.SUM, label: '4xx' }),
          httpApi.metricServerError({ period, statistic: Stats.SUM, label: '5xx' }),
        ]),
      ],
      question('# How fast?'),
      [
        graph('Time to link, ms', timesToLink),
        graph('Waiting in the queue', [
          metricOf('QueueAge', {}, { statistic: 'p90', period, label: 'p90 before the first run, ms' }),
          queue.metricApproximateAgeOfOldestMessage({ period, label: 'oldest message, s' }),
          queue.metricApproximateNumberOfMessagesVisible({ period, label: 'messages' }),
        ]),
      ],
      [
        graph('Exports running and waiting', [
          exportFunction.metric('ConcurrentExecutions', { period, statistic: Stats.MAXIMUM, label: 'running at once' }),
        ]),
        graph('Workbooks, bytes', [
          metricOf('WorkbookBytes', {}, { statistic: 'p50', period, label: 'p50' }),
          metricOf('WorkbookBytes', {}, { statistic: Stats.MAXIMUM, period, label: 'largest' }),
        ]),
      ],
      question('# What fails?'),
      [
        graph('Exports by outcome', byDimension(own, 'Exports', 'outcome')),
        graph('Calls to Knosc by outcome', byDimension(own, 'OriginCalls', 'outcome')),
      ],
      [
        graph('Log-ins at Knosc', [
          metricOf('LogIns', {}, { label: 'tried' }),
          metricOf('RefusedLogIns', {}, { label: 'refused, or never answered' }),
        ]),
        graph('Unsound workbooks by reason', byDimension(own, 'ProofFailures', 'outcome')),
      ],
      [
        graph('Functions', [
          apiFunction.metricErrors({ period, label: 'api died' }),
          exportFunction.metricErrors({ period, label: 'export died' }),
          apiFunction.metricThrottles({ period, label: 'api throttled' }),
          exportFunction.metricThrottles({ period, label: 'export throttled' }),
          metricOf('Defects', {}, { label: 'defects' }),
        ]),
        graph('Given up, refused, not sent', [
          deadLetters.metricApproximateNumberOfMessagesVisible({ period, label: 'dead letters' }),
          scheduleDeadLetters.metricApproximateNumberOfMessagesVisible({ period, label: 'dead letters of schedules' }),
          metricOf('MessagesGivenBack', {}, { label: 'messages given back' }),
          metricOf('EventFailures', {}, { label: 'events not sent' }),
          metricOf('WebhookRefusals', {}, { label: 'webhooks refused' }),
        ]),
      ],
    ].map((row) => [row].flat()),
  });
}

function question(markdown: string): IWidget {
  return new Row(new TextWidget({ markdown, width: 24, height: 2 }));
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, width: 12, height: 6, left });
}

/** Whatever values there are, so that an outcome of a later version shows without a new dashboard. */
function byDimension(
  { namespace }: FunctionMetrics,
  name: MetricName,
  ...dimensions: readonly MetricDimension[]
): IMetric[] {
  const schema = [`"${namespace}"`, ...dimensions].join(',');
  const expression = `SEARCH('{${schema}} MetricName="${name}"', 'Sum', ${period.toSeconds()})`;
  return [new MathExpression({ expression, usingMetrics: {}, label: '', period })];
}
