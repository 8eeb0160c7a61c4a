interface Quota {
  readonly limit: number;
  readonly unit: string;
  /** The page that says so. */
  readonly page: string;
  readonly canBeRaised: boolean;
}

/** AWS's published limits, as they stood in us-east-1 in mid-2026. Other Regions have lower ones, above all of API Gateway and EventBridge. */
export const quotas = {
  s3Writes: {
    limit: 3_500,
    unit: '/s and partitioned prefix',
    page: 'Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance"',
    canBeRaised: false,
  },
  s3Reads: {
    limit: 5_500,
    unit: '/s and partitioned prefix',
    page: 'Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance"',
    canBeRaised: false,
  },
  lambdaConcurrency: {
    limit: 1_000,
    unit: 'at once in an account and Region',
    page: 'AWS Lambda Developer Guide, "Lambda quotas"; new accounts begin with less',
    canBeRaised: true,
  },
  lambdaGrowth: {
    limit: 1_000,
    unit: 'more for each function in 10 s',
    page: 'AWS Lambda Developer Guide, "Lambda scaling behavior"',
    canBeRaised: false,
  },
  eventSourceConcurrency: {
    limit: 1_000,
    unit: 'at once (MaximumConcurrency is 2 to 1,000)',
    page: 'AWS Lambda API Reference, "ScalingConfig"',
    canBeRaised: false,
  },
  eventSourceGrowth: {
    limit: 300,
    unit: 'more in a minute, from 5 on',
    page: 'AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings"',
    canBeRaised: false,
  },
  queueInFlight: {
    limit: 120_000,
    unit: 'messages in flight',
    page: 'Amazon SQS Developer Guide, "Amazon SQS message quotas"',
    canBeRaised: false,
  },
  httpApiRequests: {
    limit: 10_000,
    unit: '/s in an account and Region',
    page: 'Amazon API Gateway Developer Guide, "Amazon API Gateway quotas"',
    canBeRaised: true,
  },
  assumeRole: {
    limit: 600,
    unit: '/s in an account and Region, all callers together',
    page: 'AWS IAM User Guide, "IAM and AWS STS quotas"',
    canBeRaised: false,
  },
  getSecretValue: {
    limit: 10_000,
    unit: '/s',
    page: 'AWS Secrets Manager User Guide, "AWS Secrets Manager quotas"',
    canBeRaised: false,
  },
  putEvents: {
    limit: 10_000,
    unit: '/s',
    page: 'Amazon EventBridge User Guide, "Amazon EventBridge quotas"',
    canBeRaised: true,
  },
  putLogEvents: {
    limit: 5_000,
    unit: '/s in an account and Region',
    page: 'Amazon CloudWatch Logs User Guide, "CloudWatch Logs quotas"',
    canBeRaised: true,
  },
} as const satisfies Record<string, Quota>;
