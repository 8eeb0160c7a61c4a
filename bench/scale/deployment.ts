import { megabytesPerProcessor } from '../../functions/export/processors.ts';

/**
 * What the paper takes from the stack, and what it assumes of AWS. `test/lib/paper.test.ts` holds the former
 * against the synthesized template.
 */
export const deployment = {
  apiMemoryMegabytes: 512,
  exportMemoryMegabytes: 512,
  exportTimeoutSeconds: 900,
  workbookStoredDays: 8,
  requestStoredDays: 8,
  claimStoredDays: 14,
  recordStoredDays: 30,
  accessLogStoredDays: 90,
  logStoredDays: 30,

  megabytesPerCpu: megabytesPerProcessor,
  /** The lower end of what S3 promises for small objects (Amazon S3 User Guide, "Best practices design patterns"); assumed for SQS too. */
  awsCallSeconds: 0.1,
  /** Measured: a warm export of 1 MiB took 0.21 s of a processor (bench/RESULTS.md, "Memory sizes"), of which its transfer is 0.02. */
  runCpuSeconds: 0.19,
  /** Measured: 64 MiB took some 1.1 s of a processor (DECISIONS.md, 31). Not measured on Lambda. */
  provenMebibytesPerCpuSecond: 64 / 1.1,
} as const;
