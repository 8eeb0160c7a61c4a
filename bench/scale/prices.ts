interface Price {
  readonly dollars: number;
  /** For how many units: 1,000 requests, 1 GB-second. */
  readonly per: number;
  readonly unit: string;
  /** What AWS gives every account each month without end; what it gives for twelve months is left out. */
  readonly freePerMonth: number;
  readonly page: string;
}

/** When the prices were last read. */
export const pricesAsOf = 'mid-2026';

/** AWS's public list prices in us-east-1, in dollars. First tiers, but for data transfer, whose tiers are in `transferTiers`. */
export const prices = {
  lambdaRequest: { dollars: 0.2, per: 1e6, unit: 'requests', freePerMonth: 1e6, page: 'AWS Lambda Pricing' },
  lambdaArmGigabyteSecond: {
    dollars: 0.0000133334,
    per: 1,
    unit: 'GB-s',
    freePerMonth: 400_000,
    page: 'AWS Lambda Pricing (Arm, first 7.5 billion GB-s)',
  },
  httpApiCall: {
    dollars: 1,
    per: 1e6,
    unit: 'calls',
    freePerMonth: 0,
    page: 'Amazon API Gateway Pricing (HTTP APIs, first 300 million)',
  },
  queueCall: {
    dollars: 0.4,
    per: 1e6,
    unit: 'requests',
    freePerMonth: 1e6,
    page: 'Amazon SQS Pricing (standard queues)',
  },
  s3Write: {
    dollars: 0.005,
    per: 1_000,
    unit: 'PUT, POST, LIST',
    freePerMonth: 0,
    page: 'Amazon S3 Pricing (S3 Standard)',
  },
  s3Read: { dollars: 0.0004, per: 1_000, unit: 'GET', freePerMonth: 0, page: 'Amazon S3 Pricing (S3 Standard)' },
  s3GigabyteMonth: {
    dollars: 0.023,
    per: 1,
    unit: 'GB-months',
    freePerMonth: 0,
    page: 'Amazon S3 Pricing (S3 Standard, first 50 TB)',
  },
  secretMonth: { dollars: 0.4, per: 1, unit: 'secrets', freePerMonth: 0, page: 'AWS Secrets Manager Pricing' },
  secretCall: { dollars: 0.05, per: 10_000, unit: 'calls', freePerMonth: 0, page: 'AWS Secrets Manager Pricing' },
  customEvent: {
    dollars: 1,
    per: 1e6,
    unit: 'events',
    freePerMonth: 0,
    page: 'Amazon EventBridge Pricing (custom events)',
  },
  schedulerInvocation: {
    dollars: 1,
    per: 1e6,
    unit: 'invocations',
    freePerMonth: 14e6,
    page: 'Amazon EventBridge Pricing (Scheduler)',
  },
  logGigabyte: {
    dollars: 0.5,
    per: 1,
    unit: 'GB in',
    freePerMonth: 5,
    page: 'Amazon CloudWatch Pricing (standard logs)',
  },
  logGigabyteMonth: {
    dollars: 0.03,
    per: 1,
    unit: 'GB-months',
    freePerMonth: 0,
    page: 'Amazon CloudWatch Pricing (standard logs)',
  },
  metricMonth: {
    dollars: 0.3,
    per: 1,
    unit: 'metrics',
    freePerMonth: 10,
    page: 'Amazon CloudWatch Pricing (first 10,000)',
  },
  alarmMonth: {
    dollars: 0.1,
    per: 1,
    unit: 'alarms',
    freePerMonth: 10,
    page: 'Amazon CloudWatch Pricing (standard resolution)',
  },
  dashboardMonth: { dollars: 3, per: 1, unit: 'dashboards', freePerMonth: 3, page: 'Amazon CloudWatch Pricing' },
  trace: { dollars: 5, per: 1e6, unit: 'traces', freePerMonth: 100_000, page: 'AWS X-Ray Pricing' },
  keyMonth: { dollars: 1, per: 1, unit: 'keys', freePerMonth: 0, page: 'AWS KMS Pricing' },
  keyCall: { dollars: 0.03, per: 10_000, unit: 'calls', freePerMonth: 20_000, page: 'AWS KMS Pricing' },
} as const satisfies Record<string, Price>;
export type PriceName = keyof typeof prices;

/** Data transfer out to the internet; into AWS, and to whoever is in the same Region, it is free. `gigabytes` is how many a tier has. */
export const transferTiers = [
  { gigabytes: 10 * 1024, dollars: 0.09 },
  { gigabytes: 40 * 1024, dollars: 0.085 },
  { gigabytes: 100 * 1024, dollars: 0.07 },
  { gigabytes: Number.POSITIVE_INFINITY, dollars: 0.05 },
] as const;
/** Of all services together. */
export const freeTransferGigabytes = 100;
export const transferPage = 'Amazon EC2 On-Demand Pricing (Data Transfer)';
