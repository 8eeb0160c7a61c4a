import { type IMetric, MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib';
import type { FailureCode } from '../../functions/ledger/failure.ts';
import { type ExportOutcome, type MetricDimension, type MetricName, metricNamespace } from '../../functions/ledger/metric-names.ts';

export type MetricDimensions = Readonly<Partial<Record<MetricDimension, string>>>;

/** A metric of the functions (docs/metrics.md), summed over five minutes unless said otherwise. */
export function metricOf(name: MetricName, dimensions: MetricDimensions = {}, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { ...dimensions },
    statistic: Stats.SUM,
    period: Duration.minutes(5),
    ...options,
  });
}

// What only the caller can mend says nothing of the proxy.
const faultsOfCallers = [
  'view-not-exportable',
  'data-not-assembled',
  'request-refused',
  'view-not-privileged',
] as const satisfies readonly FailureCode[];

/** The sum over outcomes of exports; 0 where there were none. */
export function exportsThatEnded(period: Duration, label: string, ...outcomes: readonly ExportOutcome[]): IMetric {
  const usingMetrics = Object.fromEntries(
    outcomes.map((outcome, at) => [`m${at}`, metricOf('Exports', { outcome }, { period })]),
  );
  const expression = outcomes.map((_, at) => `FILL(m${at}, 0)`).join(' + ');
  return new MathExpression({ expression, usingMetrics, period, label });
}

/**
 * The share of exports, in percent, that failed by no fault of their callers; 0 while fewer than three did and another was ready. A lone
 * export of the night that fails counts as 100.
 */
export function failingShare(period: Duration): IMetric {
  return new MathExpression({
    expression: 'IF(failing >= 3 OR (failing > 0 AND FILL(ready, 0) == 0), 100 * failing / total, 0)',
    usingMetrics: {
      failing: new MathExpression({
        expression: 'total - FILL(ready, 0) - others',
        usingMetrics: {
          total: metricOf('Exports', {}, { period }),
          ready: metricOf('Exports', { outcome: 'ready' }, { period }),
          others: exportsThatEnded(period, 'others', 'cancelled', ...faultsOfCallers),
        },
        period,
      }),
      ready: metricOf('Exports', { outcome: 'ready' }, { period }),
      total: metricOf('Exports', {}, { period }),
    },
    period,
    label: 'failing exports, in percent',
  });
}
