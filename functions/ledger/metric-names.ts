import * as z from 'zod';
import type { FailureCode } from './failure.ts';
import type { Trigger } from './trigger.ts';

/**
 * CloudWatch's namespace of all that the functions measure, the environment's `METRICS_NAMESPACE`. Each proxy of an account and region
 * has its own: metrics of the same name in the same namespace are one metric.
 */
export const metricsNamespaceSchema = z
  .string()
  .regex(
    /^(?!AWS\/)[\w.\-/# ]{1,255}$/,
    'must be a namespace of CloudWatch: 1 to 255 of A-Z, a-z, 0-9, _ . - / # and space, not beginning with AWS/',
  );
/** What the functions write to where nobody says otherwise, as with `npm start`. */
export const defaultMetricsNamespace = 'KnoscExportProxy';

/** What a metric may be told apart by. A view is none of it: each value is a metric of its own, and is paid for. */
export type MetricDimension = 'outcome' | 'trigger';

interface MetricDeclaration {
  readonly unit: 'Count' | 'Milliseconds' | 'Bytes';
  /** The sets under which each value is kept; the empty set is the metric without dimensions, which alarms look at. */
  readonly dimensionSets: readonly (readonly MetricDimension[])[];
  /** What one value stands for, and when it is written. */
  readonly says: string;
}

/** Every metric of the functions (docs/metrics.md). Nothing here knows how they are written. */
export const metrics = {
  Exports: {
    unit: 'Count',
    dimensionSets: [[], ['outcome'], ['trigger', 'outcome']],
    says: 'an export ended: `ready`, `cancelled`, or the code it failed with',
  },
  TimeToLink: {
    unit: 'Milliseconds',
    dimensionSets: [[], ['trigger']],
    says: "from an export's creation to its workbook being ready; ready exports only",
  },
  QueueAge: {
    unit: 'Milliseconds',
    dimensionSets: [[]],
    says: 'how long an export lay in the queue before its first run',
  },
  WorkbookBytes: {
    unit: 'Bytes',
    dimensionSets: [[]],
    says: 'the size of a ready workbook',
  },
  OriginCalls: {
    unit: 'Count',
    dimensionSets: [[], ['outcome']],
    says: 'a call to Knosc was over, its body too: `ok`, a status class, or how it broke',
  },
  LogIns: {
    unit: 'Count',
    dimensionSets: [[]],
    says: 'a log-in to Knosc was tried',
  },
  RefusedLogIns: {
    unit: 'Count',
    dimensionSets: [[]],
    says: 'Knosc refused a log-in, or may have; it locks the account at the third',
  },
  ProofFailures: {
    unit: 'Count',
    dimensionSets: [[], ['outcome']],
    says: 'what Knosc sent was not a sound workbook, and why',
  },
  MessagesGivenBack: {
    unit: 'Count',
    dimensionSets: [[]],
    says: 'a message went back to the queue because its record could not be read or written in S3; it is run again',
  },
  EventFailures: {
    unit: 'Count',
    dimensionSets: [[]],
    says: 'EventBridge did not take an event; its message is given back, and it is sent again later',
  },
  Defects: {
    unit: 'Count',
    dimensionSets: [[]],
    says: 'an error that nobody foresaw; the log line `defect` has its stack',
  },
  WebhookRefusals: {
    unit: 'Count',
    dimensionSets: [[]],
    says: 'a webhook was refused: signature, age, payload or name',
  },
} as const satisfies Record<string, MetricDeclaration>;

export type MetricName = keyof typeof metrics;

/** How an export can end (`outcome` of `Exports`); what was deleted had ended before. */
export type ExportOutcome = 'ready' | 'cancelled' | FailureCode;

/** `outcome` of `OriginCalls`. */
export const originCallOutcomes = [
  'ok',
  '3xx',
  '4xx',
  '5xx',
  'origin-busy',
  'origin-failed',
  'origin-timeout',
] as const;
export type OriginCallOutcome = (typeof originCallOutcomes)[number];

/** `outcome` of `ProofFailures`: why a workbook was not sound. */
export const proofReasons = [
  'not-xlsx',
  'cut',
  'checksum',
  'not-inflatable',
  'zip-structure',
  'bomb',
  'parts',
] as const;
export type ProofReason = (typeof proofReasons)[number];

/** `trigger` of `Exports` and `TimeToLink`. */
export type TriggerKind = Trigger['kind'];
