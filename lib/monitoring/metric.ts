import { type IMetric, MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib';
import type { FailureCode } from '../../functions/ledger/failure.ts';
import type { ExportOutcome, MetricDimension, MetricName } from '../../functions/ledger/metric-names.ts';

export type MetricDimensions = Readonly<Partial<Record<MetricDimension, string>>>;

/** The metrics that the functions of one proxy write (docs/metrics.md). */
export interface FunctionMetrics {
  readonly namespace: string;
  /** One of them, summed over five minutes unless said otherwise. */
  readonly metricOf: (name: MetricName, dimensions?: MetricDimensions, options?: MetricOptions) => Metric;
  /** How many exports ended in one of these ways. */
  readonly exportsThatEnded: (period: Duration, label: string, ...outcomes: readonly ExportOutcome[]) => IMetric;
  /**
   * The share of exports, in percent, that failed by no fault of their callers; 0 while fewer than three did and another was ready. A
   * lone export of the night that fails counts as 100.
   */
  readonly failingShare: (period: Duration) => IMetric;
}

// What only the caller can mend says nothing of the proxy.
const faultsOfCallers = [
  'view-not-exportable',
  'data-not-assembled',
  'request-refused',
  'view-not-privileged',
] as const satisfies readonly FailureCode[];

export function createFunctionMetrics(namespace: string): FunctionMetrics {
  const metricOf: FunctionMetrics['metricOf'] = (name, dimensions = {}, options = {}) =>
    new Metric({
      namespace,
      metricName: name,
      dimensionsMap: { ...dimensions },
      statistic: Stats.SUM,
      period: Duration.minutes(5),
      ...options,
    });

  function ofOutcomes(period: Duration, outcomes: readonly ExportOutcome[]): Readonly<Record<string, IMetric>> {
    return Object.fromEntries(
      outcomes.map((outcome) => [idOf(outcome), metricOf('Exports', { outcome }, { period, label: outcome })]),
    );
  }

  function failingShare(period: Duration): IMetric {
    const total = metricOf('Exports', {}, { period });
    const zero = new MathExpression({ expression: '0 * total', usingMetrics: { total }, period });
    const ready = sumOf(period, 'ready', { zero, ...ofOutcomes(period, ['ready']) });
    const blameless = sumOf(period, 'ready, or no fault of the proxy', {
      zero,
      ...ofOutcomes(period, ['ready', 'cancelled', ...faultsOfCallers]),
    });
    const failing = new MathExpression({ expression: 'total - blameless', usingMetrics: { total, blameless }, period });
    return new MathExpression({
      expression: 'IF(failing >= 3 OR (failing > 0 AND any_ready == 0), 100 * failing / total, 0)',
      usingMetrics: { failing, any_ready: ready, total },
      period,
      label: 'failing exports, in percent',
    });
  }

  return {
    namespace,
    metricOf,
    exportsThatEnded: (period, label, ...outcomes) => sumOf(period, label, ofOutcomes(period, outcomes)),
    failingShare,
  };
}

/** Ids in expressions have no hyphens. */
const idOf = (outcome: ExportOutcome) => outcome.replaceAll('-', '_');

/**
 * The sum of metrics of which some may never have had a value. `FILL` and `SUM` of a list together, since neither is documented for a
 * metric that does not exist at all, and an alarm on an expression without a value would stay silent.
 */
export function sumOf(period: Duration, label: string, usingMetrics: Readonly<Record<string, IMetric>>): IMetric {
  const filled = Object.keys(usingMetrics).map((id) => `FILL(${id}, 0)`);
  return new MathExpression({
    expression: `SUM([${filled.join(', ')}])`,
    usingMetrics: { ...usingMetrics },
    period,
    label,
  });
}
