/** What is the same in every month, and what nobody has measured. */
export const billAssumptions = {
  daysInMonth: 30,
  secrets: 2,
  metrics: 15,
  /** As AWS counts them: an alarm on an expression is paid for each of its metrics. */
  alarms: 27,
  dashboards: 1,
  /** The alarms' topic has one, since CloudWatch may not use the key that AWS keeps for SNS. */
  keys: 1,
  scheduledShare: 0.1,
  /** AWS does not say how long it keeps an idle function warm. */
  warmSeconds: 300,
  /** Start-up and log-in or the look at the fleet's session, of a function that was not warm. */
  coldSeconds: 1.5,
  recordKilobytes: 1.5,
  smallObjectKilobytes: 0.3,
  apiLogKilobytesPerCall: 1.5,
  gatewayLogKilobytesPerCall: 0.3,
  exportLogKilobytes: 2.5,
  accessLogKilobytesPerCall: 0.7,
  answerKilobytes: 2,
  /** Long polls of an event source with a maximum concurrency: five at a time, 20 s each. */
  pollers: 5,
  pollSeconds: 20,
  tracedShare: 0.05,
  /** S3 Bucket Keys spare most calls of KMS: "up to 99 percent" (Amazon S3 User Guide). */
  keyCallsPerS3Call: 0.01,
} as const;
